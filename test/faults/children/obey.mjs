// Does what it is told on its standard input, one command at a time or several at once, and reports each.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openStore, textPayload } from 'keyward';
import { describeError, report } from './report.mjs';

let store;
const findings = [];

const commands = {
  open: async () => {
    store = await openStore({ onFinding: ({ cause }) => findings.push(cause) });
    return process.pid;
  },
  write: async (path, text) => (await store.client.secrets.write(path, { payload: textPayload(text) })).number,
  read: async (path) => {
    const version = await store.client.secrets.read({ path });
    return version && Buffer.from(version.payload.bytes).toString();
  },
  list: async () => (await store.client.secrets.list('')).entries.length,
  status: async () => (await store.client.seal.status()).commits,
  verifyLog: async () => (await store.client.audit.verify()).status,
  verifyStore: async () => (await store.client.seal.verifyStore()).rows,
  events: async () => {
    const records = await store.client.audit.show({ limit: 10_000 });
    return records.filter(({ kind }) => kind === 'event').map(({ operation }) => operation);
  },
  findings: async () => findings,
  close: () => store.close(),
  fillDisk: async (file) => fill(file),
  freeDisk: async (file) => rmSync(file),
};

/** Writes to the file until the disk takes no further byte. */
function fill(file) {
  const descriptor = openSync(file, 'w');
  for (let size = 64 * 1024; size > 0; ) {
    try {
      writeSync(descriptor, Buffer.alloc(size, 1));
    } catch {
      size = Math.floor(size / 2);
    }
  }
  closeSync(descriptor);
}

async function obey({ id, command, args }) {
  const started = performance.now();
  try {
    const value = await commands[command](...args);
    report({ id, value, tookMs: performance.now() - started });
  } catch (error) {
    report({ id, ...describeError(error), tookMs: performance.now() - started });
  }
}

for await (const line of createInterface({ input: process.stdin })) void obey(JSON.parse(line));
