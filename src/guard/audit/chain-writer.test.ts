import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuditFixture, accessEntry } from '../../testing/audit-fixture.js';
import { ChainCursor } from './chain-cursor.js';
import { ChainWriter, type LineRequest } from './chain-writer.js';
import { NodeKeyFile } from './node-key.js';
import { EntryBoxes, encodeSealedEntry, type SealedEntry } from './sealed-entry.js';

let fixture: AuditFixture;

beforeEach(() => {
  fixture = new AuditFixture();
  mkdirSync(fixture.folder, { mode: 0o700 });
});

afterEach(() => fixture.dispose());

const node = '0'.repeat(32);
const volume = () => `${fixture.folder}/000001.log`;

function newWriter(): ChainWriter {
  return new ChainWriter({
    folder: fixture.folder,
    storeId: 'store-1',
    node,
    boxes: new EntryBoxes('store-1', node, fixture.sealKeys),
    keys: new NodeKeyFile(fixture.folder, 'store-1', fixture.sealKeys),
    disk: fixture.disk,
    clock: fixture.clock,
    source: 'local:1',
    volumeBytes: 1_000_000,
  });
}

const line = (body: SealedEntry): LineRequest => ({ kind: 'entry', body, bytes: encodeSealedEntry(body) });
const entry = (path: string): LineRequest => line({ entry: accessEntry(path) });
const intent = (operationId: string): LineRequest =>
  line({
    entry: accessEntry('announced', { kind: 'intent', operationId }),
    intent: { operationId, shard: 1, time: 0, pid: 1, startedAt: 'x' },
  });

/** No line is known to have been synced, so none may be missing. */
const nothingSynced = Number.POSITIVE_INFINITY;

const cursorOf = (state: Uint8Array | undefined) => {
  const cursor = state && ChainCursor.decode(state);
  if (cursor === undefined) throw new Error('no state');
  return cursor;
};

describe('a write that stopped', () => {
  test('at any byte leaves its whole lines in the chain and its torn rest cut, with and without a state', () => {
    const writer = newWriter();
    const begun = writer.write(writer.begin(undefined, nothingSynced).state, [entry('a')]);
    const before = cursorOf(begun.state);
    writer.write(begun.state, [intent('1'.repeat(32)), entry('c')]);
    const whole = fixture.file('000001.log');
    writer.close();
    const ends = [...whole.keys()].filter((at) => whole[at] === 0x0a);

    for (let length = before.offset; length <= whole.length; length += 1) {
      for (const state of length % 10 === 0 ? [begun.state, undefined] : [begun.state]) {
        writeFileSync(volume(), whole.subarray(0, length));
        const next = newWriter();
        const found = next.begin(state, nothingSynced);
        const adopted = ends.filter((end) => end < length).length;
        expect(cursorOf(found.state).sequence, `length ${length}`).toBe(adopted);
        expect(cursorOf(found.state).intents).toHaveLength(adopted >= 3 ? 1 : 0);
        const after = cursorOf(next.write(found.state, [entry('after')]).state);
        expect(after.sequence).toBe(adopted + 1);
        expect(fixture.file('000001.log')).toHaveLength(after.offset);
        next.close();
      }
    }
  });

  test('before the first whole line leaves a log that begins anew', () => {
    writeFileSync(volume(), '{"v":1,"node":"00', { mode: 0o600 });
    const writer = newWriter();
    const { state } = writer.write(writer.begin(undefined, nothingSynced).state, [entry('a')]);
    expect(cursorOf(state).sequence).toBe(2);
    expect(fixture.lines()).toHaveLength(2);
    writer.close();
  });

  test('between two volumes is continued in the new one', () => {
    const writer = newWriter();
    const first = writer.write(writer.begin(undefined, nothingSynced).state, [entry('a')]);
    writeFileSync(`${fixture.folder}/000002.log`, '', { mode: 0o600 });
    const second = writer.write(first.state, [entry('b')]);
    expect(cursorOf(second.state)).toMatchObject({ volume: '000002', sequence: 4 });
    expect(cursorOf(newWriter().begin(undefined, nothingSynced).state).sequence).toBe(4);
    writer.close();
  });
});

describe('a loss of power that kept later lines and not the ones before', () => {
  const damage = (line: number) => {
    const bytes = fixture.file('000001.log');
    const starts = [0, ...[...bytes.keys()].filter((at) => bytes[at] === 0x0a).map((at) => at + 1)];
    bytes.fill(0, (starts[line - 1] ?? 0) + 10, (starts[line - 1] ?? 0) + 60);
    writeFileSync(volume(), bytes);
    return bytes.subarray(starts[line - 1]);
  };
  let written: Uint8Array | undefined;

  beforeEach(() => {
    const writer = newWriter();
    const begun = writer.begin(undefined, nothingSynced).state;
    written = writer.write(begun, [entry('a'), entry('b'), entry('c'), entry('d')]).state;
    writer.close();
  });

  test('leaves a chain up to the damage, keeps what followed it aside, and says what is lost', () => {
    const rest = damage(4);
    const next = newWriter();
    const { state, result } = next.begin(undefined, 2);
    expect(result).toBe(5);
    expect(cursorOf(state).sequence).toBe(3);
    expect(fixture.file('000001.lost-4')).toEqual(rest);
    expect(cursorOf(next.write(state, [entry('after')]).state).sequence).toBe(4);
    expect(cursorOf(newWriter().begin(undefined, 2).state).sequence).toBe(4);
    next.close();
  });

  test('is no excuse for damage of lines that were synced', () => {
    damage(2);
    expect(() => newWriter().begin(undefined, 2)).toThrow(/the next line is damaged/);
    expect(() => newWriter().begin(undefined, nothingSynced)).toThrow(/the next line is damaged/);
  });

  test('is none while the machine runs, where the end of the chain is recorded', () => {
    damage(4);
    const end = written && ChainCursor.decode(written);
    const start = ChainCursor.atStart(node, 1);
    expect(end?.sequence).toBe(5);
    expect(() => newWriter().begin(start.encode(), 2)).toThrow(/the next line is damaged/);
  });
});

describe('the recorded end of the chain', () => {
  test('is read back as it was written, and anything else is none', () => {
    const cursor = ChainCursor.atStart(node, 3, 7);
    const bytes = cursor.encode();
    expect(ChainCursor.decode(bytes)?.encode()).toEqual(bytes);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(ChainCursor.decode(bytes.subarray(0, length))).toBeUndefined();
    }
    expect(ChainCursor.decode(Uint8Array.of(0xff, 0xfe))).toBeUndefined();
  });
});
