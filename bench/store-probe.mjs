// Measures a filled store in a process of its own, whose memory nothing else has grown: `store-probe.mjs <library>
// <secrets> <reads>` with the HOME of the store. Prints JSON: milliseconds of processor time and of the clock, and MB.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { filledPath } from './filled-store.mjs';
import { cpuTurns, median } from './measure.mjs';

const [library, secretsText, readsText] = process.argv.slice(2);
const [secrets, reads] = [Number(secretsText), Number(readsText)];
const keyward = await import(library);
const turns = 7;
const rowsOfPlain = 100_000;

const openings = [];
for (let turn = 0; turn <= turns; turn += 1) {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const { close } = await keyward.openStore({ env: process.env });
  const { user, system } = process.cpuUsage(used);
  openings.push({ elapsed: performance.now() - start, processor: (user + system) / 1000 });
  await close();
}
const [first, ...again] = openings;

const store = await openBelowTheDoor();
const plain = plainRows();
let next = 0;
const read = async () => {
  next = (next * 1103515245 + 12345) % 2 ** 31;
  const path = filledPath(next % secrets);
  if ((await store.read({ path })) === undefined) throw new Error(`${path} is missing`);
};
const repeated = (call) => async () => {
  for (let index = 0; index < reads; index += 1) await call(index);
};
// The first touch of a shard verifies all of it.
await repeated(read)();
const { read: readMs, plain: plainMs } = await cpuTurns(
  { read: repeated(read), plain: repeated(async (index) => plain.database.getBinary(plain.keys[index % rowsOfPlain])) },
  { isQuick: false, turns, count: reads },
);
await plain.close();
globalThis.gc();
console.log(
  JSON.stringify({
    firstOpenMs: first.elapsed,
    openMs: median(again.map(({ elapsed }) => elapsed)),
    openProcessorMs: median(again.map(({ processor }) => processor)),
    readMs,
    plainMs,
    megabytes: ownMegabytes(),
  }),
);
process.exit(0);

async function openBelowTheDoor() {
  const { describeHeader, openSealedStore, physicalStores, readStoreHeader, slots, storeLocations } = keyward;
  const locations = storeLocations({ env: process.env, home: process.env.HOME });
  const header = await readStoreHeader(locations.folder);
  const { storeId } = describeHeader(header.bytes);
  const { keyring } = await keyward.unlockHeader(header, [new slots.keyfile(locations.keyFile(storeId))]);
  const { silentObserver: observer, systemClock: clock } = keyward;
  const physical = physicalStores.lmdb({ folder: locations.folder, clock });
  const barrier = await openSealedStore({ physical, storeId, keyring, clock, onRollback: 'warn', observer });
  return keyward.createSecretStore({ barrier, clock });
}

/** Rows of plain LMDB, in a folder that goes with `close`. */
function plainRows() {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-bench-plain-'));
  const database = open({ path: folder, encoding: 'binary', keyEncoding: 'binary', noSync: true });
  const keys = Array.from({ length: rowsOfPlain }, (_, index) => Buffer.from(`row-${(index * 7919) % rowsOfPlain}`));
  database.transactionSync(() => {
    for (const key of keys) database.put(key, Buffer.alloc(200));
  });
  const close = async () => {
    await database.close();
    keys.length = 0;
    rmSync(folder, { recursive: true });
  };
  return { database, keys, close };
}

/** What this process holds itself; pages of the mapped file belong to the system. */
function ownMegabytes() {
  if (process.platform !== 'linux') return process.memoryUsage.rss() / 1e6;
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1e3;
}
