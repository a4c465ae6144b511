import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildChildProgram, type ChildProgram } from '../../../../test/child-program.js';
import type { PhysicalStore } from '../physical-store.js';
import { createLmdbSequencer } from './lmdb-sequencer.js';
import { createLmdbStore } from './lmdb-store.js';

const counterKey = Uint8Array.of(1);

const script = `
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { createLmdbSequencer, createLmdbStore } from './modules.mjs';

const [task, folder, argument] = process.argv.slice(2);
const key = Uint8Array.of(1);

async function increment(store, onConflict) {
  for (;;) {
    const [row] = await store.get([key]);
    const value = Buffer.from(String(Number(Buffer.from(row?.value ?? '0')) + 1));
    const outcome = await store.commit({ require: [{ key, revision: row?.revision }], put: [{ key, value }], remove: [] });
    if (outcome.kind === 'committed') return Number(value);
    if (outcome.kind !== 'conflict') throw new Error(outcome.kind);
  }
}

const tasks = {
  async increment() {
    const store = createLmdbStore({ folder });
    for (let i = 0; i < Number(argument); i += 1) await increment(store);
    await store.close();
  },
  async report() {
    const store = createLmdbStore({ folder });
    for (;;) process.send(await increment(store));
  },
  async hold() {
    const database = open({ path: folder, noSubdir: false, encoding: 'binary', keyEncoding: 'binary', overlappingSync: false });
    await database.transaction(async () => {
      database.put(Uint8Array.of(1, ...key), Buffer.from('torn'));
      process.send('held');
      await new Promise(() => setInterval(() => {}, 3_600_000));
    });
  },
  async take() {
    const sequencer = createLmdbSequencer({ folder });
    for (let i = 0; i < Number(argument); i += 1) {
      await sequencer.exclusive((state) => {
        const next = (state === undefined ? 0 : Buffer.from(state).readUInt32BE()) + 1;
        const left = Buffer.alloc(4);
        left.writeUInt32BE(next);
        return { state: left, result: undefined };
      });
    }
    await sequencer.close();
  },
  async flip() {
    const whole = readFileSync(join(folder, 'data.mdb'));
    let refused = 0;
    for (let i = 0; i < Number(argument); i += 1) {
      const copy = join(folder, 'copy-' + i);
      mkdirSync(copy, { mode: 0o700 });
      const flipped = Buffer.from(whole);
      const page = randomBytes(4).readUInt32BE() % (flipped.length / 4096);
      const position = page * 4096 + (randomBytes(2).readUInt16BE() % (i % 2 === 0 ? 4096 : 128));
      flipped[position] ^= 1 << (i % 8);
      writeFileSync(join(copy, 'data.mdb'), flipped);
      process.send({ position, bit: i % 8 });
      const store = createLmdbStore({ folder: copy });
      try {
        for await (const row of store.list(new Uint8Array())) await store.get([row.key]);
        const fresh = Uint8Array.of(250);
        await store.commit({ require: [{ key: fresh }], put: [{ key: fresh, value: Buffer.alloc(9000) }], remove: [] });
      } catch (error) {
        if (error.code !== 'integrity') throw error;
        refused += 1;
      }
      await store.close();
    }
    process.send({ refused });
  },
};
await tasks[task]();
process.disconnect();
`;

let program: ChildProgram;
let folder: string;

beforeAll(async () => {
  const room = 'src/store/physical/lmdb';
  program = await buildChildProgram([`${room}/lmdb-store.ts`, `${room}/lmdb-sequencer.ts`], script);
});

afterAll(() => program.dispose());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyward-processes-'));
});

afterEach(() => rm(folder, { recursive: true }));

function start(task: string, argument = ''): ChildProcess {
  return fork(program.path, [task, folder, argument], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function finished(child: ChildProcess): Promise<unknown> {
  const [code, signal] = await once(child, 'exit');
  return signal ?? code;
}

async function counterIn(store: PhysicalStore): Promise<number> {
  const [row] = await store.get([counterKey]);
  return Number(Buffer.from(row?.value ?? '0').toString());
}

async function withStore<T>(use: (store: PhysicalStore) => Promise<T>): Promise<T> {
  const store = createLmdbStore({ folder });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

describe('several processes on one folder', () => {
  test('lose no update of four that count up at once', async () => {
    const children = Array.from({ length: 4 }, () => start('increment', '50'));
    expect(await Promise.all(children.map(finished))).toEqual([0, 0, 0, 0]);
    await withStore(async (store) => expect(await counterIn(store)).toBe(200));
  });

  test('lose no step of four that take turns at the sequencer', async () => {
    const children = Array.from({ length: 4 }, () => start('take', '50'));
    expect(await Promise.all(children.map(finished))).toEqual([0, 0, 0, 0]);
    const sequencer = createLmdbSequencer({ folder });
    const taken = await sequencer.exclusive((state) => ({ state: undefined, result: state }));
    expect(Buffer.from(taken ?? []).readUInt32BE()).toBe(200);
    await sequencer.close();
  });

  test('keep every acknowledged commit of one that is killed while it writes, and go on', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 5; round += 1) {
      const child = start('report');
      let reports = 0;
      child.on('message', (count) => {
        acknowledged = Number(count);
        reports += 1;
        if (reports === 5 + round * 3) child.kill('SIGKILL');
      });
      expect(await finished(child)).toBe('SIGKILL');
      await withStore(async (store) => {
        const counted = await counterIn(store);
        expect(counted).toBeGreaterThanOrEqual(acknowledged);
        const [row] = await store.get([counterKey]);
        const value = Buffer.from(String(counted + 1));
        const outcome = await store.commit({
          require: [{ key: counterKey, revision: row?.revision }],
          put: [{ key: counterKey, value }],
          remove: [],
        });
        expect(outcome.kind).toBe('committed');
      });
    }
  });

  test('go on after one that is killed inside its transaction, of which nothing is seen', async () => {
    await withStore(async (store) => {
      await store.get([]);
      const child = start('hold');
      await once(child, 'message');
      const committing = store.commit({
        require: [{ key: counterKey, revision: undefined }],
        put: [{ key: counterKey, value: Buffer.from('7') }],
        remove: [],
      });
      child.kill('SIGKILL');
      expect(await finished(child)).toBe('SIGKILL');
      expect((await committing).kind).toBe('committed');
      expect(await counterIn(store)).toBe(7);
    });
  });

  test('are never ended by a flipped bit in the data file', async () => {
    await withStore(async (store) => {
      for (let i = 0; i < 60; i += 1) {
        const key = Uint8Array.of(i);
        const value = new Uint8Array(i % 5 === 0 ? 9_000 : 40 * i).fill(i);
        await store.commit({ require: [{ key, revision: undefined }], put: [{ key, value }], remove: [] });
      }
    });
    const child = start('flip', '150');
    let last: unknown;
    child.on('message', (message) => {
      last = message;
    });
    expect([await finished(child), last]).toEqual([0, { refused: expect.any(Number) }]);
  });
});
