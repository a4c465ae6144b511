import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyText } from './key-order.js';
import { createLmdbStore } from './lmdb/lmdb-store.js';
import { MemoryStore } from './memory/memory-store.js';
import type { Commit, ListOptions, PhysicalStore, Row } from './physical-store.js';

const rounds = 1_500;

interface PlannedCommit {
  /** `age` counts the row's revisions back from its newest; `undefined` requires absence. */
  readonly require: readonly { readonly key: Uint8Array; readonly age: number | undefined }[];
  readonly put: Commit['put'];
  readonly remove: Commit['remove'];
}

/** Plays operations on one driver, and names its revisions by where they first appeared, as drivers spell them apart. */
class Player {
  readonly #open: () => PhysicalStore;
  readonly #history = new Map<string, string[]>();
  readonly #names = new Map<string, number>();
  #store: PhysicalStore;

  constructor(open: () => PhysicalStore) {
    this.#open = open;
    this.#store = open();
  }

  async commit({ require, put, remove }: PlannedCommit): Promise<string> {
    const required = require.map(({ key, age }) => ({
      key,
      revision: age === undefined ? undefined : (this.#history.get(keyText(key))?.at(-1 - age) ?? 'never'),
    }));
    const outcome = await this.#store.commit({ require: required, put, remove });
    if (outcome.kind === 'committed') {
      for (const { key } of put) {
        this.#history.set(keyText(key), [...(this.#history.get(keyText(key)) ?? []), outcome.revision]);
      }
    }
    return outcome.kind;
  }

  async get(keys: readonly Uint8Array[]) {
    return (await this.#store.get(keys)).map((row) => row && this.#view(row));
  }

  async list(prefix: Uint8Array, options: ListOptions) {
    const rows = [];
    for await (const row of this.#store.list(prefix, options)) rows.push(this.#view(row));
    return rows;
  }

  async reopen(): Promise<void> {
    await this.#store.close();
    this.#store = this.#open();
  }

  #view({ key, value, revision }: Row): string {
    const name = this.#names.get(revision) ?? this.#names.size;
    this.#names.set(revision, name);
    return `${Buffer.from(key).toString('hex')} ${Buffer.from(value).toString('base64')} ${name}`;
  }
}

/** mulberry32 by Tommy Ettinger, public domain. */
function randomSource(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

async function playRound(players: readonly Player[], below: (limit: number) => number): Promise<void> {
  const someKey = () => {
    const bytes = [0x00, 0x01, 0x61, 0xfe, 0xff];
    return Uint8Array.from({ length: 1 + below(3) }, () => bytes[below(bytes.length)] ?? 0);
  };
  const someKeys = (count: number) => [
    ...new Map(Array.from({ length: count }, someKey).map((k) => [keyText(k), k])).values(),
  ];
  const sizes = [0, 1, 100, 2_000, 5_000, 70_000];
  const someValue = () => new Uint8Array(sizes[below(sizes.length)] ?? 0).fill(below(256));
  const kind = below(100);
  if (kind < 60) {
    const keys = someKeys(1 + below(5));
    const roles = keys.map((key) => ({ key, role: below(4) }));
    const planned: PlannedCommit = {
      require: keys.map((key) => ({ key, age: below(3) === 0 ? undefined : Math.max(0, below(8) - 6) })),
      put: roles.filter(({ role }) => role > 1).map(({ key }) => ({ key, value: someValue() })),
      remove: roles.filter(({ role }) => role === 1).map(({ key }) => key),
    };
    await agree(players, (player) => player.commit(planned));
  } else if (kind < 80) {
    const keys = someKeys(1 + below(6));
    await agree(players, (player) => player.get(keys));
  } else if (kind < 98) {
    const prefix = below(4) === 0 ? new Uint8Array() : someKey();
    const options = { after: below(2) === 0 ? undefined : someKey(), limit: below(2) === 0 ? undefined : below(20) };
    await agree(players, (player) => player.list(prefix, options));
  } else await Promise.all(players.map((player) => player.reopen()));
}

async function agree<T>(players: readonly Player[], play: (player: Player) => Promise<T>): Promise<void> {
  const [first, ...others] = await Promise.all(players.map(play));
  for (const other of others) expect(other).toEqual(first);
}

test('the drivers answer the same random operations alike', async () => {
  const seed = Number(process.env['KEYWARD_TEST_SEED'] ?? Date.now() % 2 ** 31);
  const folder = await mkdtemp(join(tmpdir(), 'keyward-agree-'));
  const memory = new MemoryStore();
  const memoryThatStays = { ...bound(memory), close: async () => {} };
  const players = [new Player(() => memoryThatStays), new Player(() => createLmdbStore({ folder }))];
  const below = randomSource(seed);
  for (let round = 0; round < rounds; round += 1) {
    try {
      await playRound(players, below);
    } catch (error) {
      throw new Error(`the drivers differ in round ${round} of KEYWARD_TEST_SEED=${seed}`, { cause: error });
    }
  }
  await Promise.all(players.map((player) => player.reopen()));
  await rm(folder, { recursive: true });
});

function bound(store: PhysicalStore): PhysicalStore {
  return {
    limits: store.limits,
    get: (keys) => store.get(keys),
    list: (prefix, options) => store.list(prefix, options),
    commit: (commit) => store.commit(commit),
    watch: (prefix, onChange) => store.watch(prefix, onChange),
    compact: () => store.compact(),
    replaceAll: (fill) => store.replaceAll(fill),
    close: () => store.close(),
  };
}
