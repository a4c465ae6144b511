import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { fromUtf8, utf8 } from '../../crypto/encoding.js';
import { controlRow, directoryRow, operationRow, recordRow, secretRow } from '../../testing/row-addresses.js';
import { SealedStoreKit } from '../../testing/sealed-store-kit.js';
import type { Barrier, RowAddress } from './barrier.js';

const runs = process.env['KEYWARD_FULL'] === '1' ? 2_000 : 60;

const addresses: readonly RowAddress[] = [
  ...Array.from({ length: 4 }, (_, i) => secretRow(`app/s${i}`)),
  ...Array.from({ length: 4 }, (_, i) => directoryRow('app', `app/s${i}`)),
  ...Array.from({ length: 3 }, (_, i) => recordRow(`r${i}`)),
  ...Array.from({ length: 3 }, (_, i) => controlRow(`c${i}`)),
  ...Array.from({ length: 3 }, (_, i) => operationRow(5, `o${i}`)),
];

const row = fc.nat(addresses.length - 1);
const changes = fc.uniqueArray(fc.record({ row, value: fc.option(fc.string({ maxLength: 12 })) }), {
  selector: (one) => one.row,
  maxLength: 6,
});
const step = fc.oneof(
  fc.record({ do: fc.constant('change' as const), by: fc.nat(1), reads: fc.array(row, { maxLength: 3 }), changes }),
  fc.record({ do: fc.constant('read' as const), by: fc.nat(1), rows: fc.array(row, { maxLength: 5 }) }),
  fc.record({ do: fc.constant('list' as const), by: fc.nat(1) }),
  fc.record({ do: fc.constant('reopen' as const), by: fc.nat(1) }),
);

const addressOf = (index: number): RowAddress => addresses[index] ?? secretRow('never');

async function textsOf(barrier: Barrier, kind: 'record' | 'control' | 'operation'): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const bytes of barrier.listKind(kind)) all.push(fromUtf8(bytes));
  return all.sort();
}

function modelTexts(model: ReadonlyMap<number, string>, kind: string): readonly string[] {
  return [...model]
    .filter(([index]) => addressOf(index).kind === kind)
    .map(([, value]) => value)
    .sort();
}

describe('two barriers over one store', () => {
  test('answer like one map, whatever is done to them in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const kit = await SealedStoreKit.create();
        const barriers = [await kit.open(), await kit.open()];
        const at = (index: number): Barrier => barriers[index] ?? expect.unreachable();
        const model = new Map<number, string>();
        const expected = (rows: readonly number[]) => rows.map((index) => model.get(index));
        const read = (all: readonly (Uint8Array | undefined)[]) => all.map((bytes) => bytes && fromUtf8(bytes));
        for (const each of steps) {
          if (each.do === 'reopen') {
            await at(each.by).close();
            barriers[each.by] = await kit.open();
          } else if (each.do === 'read') {
            expect(read(await at(each.by).getMany(each.rows.map(addressOf)))).toEqual(expected(each.rows));
          } else if (each.do === 'list') {
            const listed = await at(each.by).listDirectory('app', { limit: 100 });
            expect(listed.map(({ plaintext }) => fromUtf8(plaintext)).sort()).toEqual(modelTexts(model, 'directory'));
            for (const kind of ['record', 'control', 'operation'] as const) {
              expect(await textsOf(at(each.by), kind)).toEqual(modelTexts(model, kind));
            }
          } else {
            const seen = await at(each.by).transact(async (view) => ({
              changes: {
                put: each.changes.flatMap(({ row: index, value }) =>
                  value === null ? [] : [{ address: addressOf(index), plaintext: utf8(value) }],
                ),
                remove: each.changes.flatMap(({ row: index, value }) => (value === null ? [addressOf(index)] : [])),
              },
              result: read(await view.getMany(each.reads.map(addressOf))),
            }));
            expect(seen).toEqual(expected(each.reads));
            for (const { row: index, value } of each.changes) {
              if (value === null) model.delete(index);
              else model.set(index, value);
            }
          }
        }
        expect(await at(0).verifyAll()).toEqual({ rows: model.size });
        expect(kit.findings).toEqual([]);
      }),
      { numRuns: runs },
    );
  });

  test('move amounts between rows at the same time without losing or making any, as every reader sees', async () => {
    const accounts = Array.from({ length: 6 }, (_, index) => recordRow(`account/${index}`));
    const account = fc.nat(accounts.length - 1);
    const transfer = fc.record({ by: fc.nat(1), from: account, to: account, amount: fc.nat(50) });
    await fc.assert(
      fc.asyncProperty(fc.array(transfer, { minLength: 1, maxLength: 40 }), async (transfers) => {
        const kit = await SealedStoreKit.create(systemClock);
        const barriers = [await kit.open(), await kit.open()];
        const at = (index: number): Barrier => barriers[index] ?? expect.unreachable();
        await at(0).transact(async () => ({
          changes: { put: accounts.map((address) => ({ address, plaintext: utf8('100') })), remove: [] },
          result: undefined,
        }));
        const total = async (barrier: Barrier) =>
          (await barrier.getMany(accounts)).reduce((sum, bytes) => sum + Number(bytes && fromUtf8(bytes)), 0);
        const balances = accounts.map(() => 100);
        await Promise.all(
          transfers.map(async ({ by, from, to, amount }) => {
            await at(by).transact(async (view) => {
              const changed = new Map<number, number>();
              const balance = async (index: number) =>
                changed.get(index) ??
                Number(fromUtf8((await view.get(accounts[index] ?? addressOf(0))) ?? utf8('NaN')));
              changed.set(from, (await balance(from)) - amount);
              changed.set(to, (await balance(to)) + amount);
              const put = [...changed].map(([index, value]) => ({
                address: accounts[index] ?? addressOf(0),
                plaintext: utf8(String(value)),
              }));
              return { changes: { put, remove: [] }, result: undefined };
            });
            expect(await total(at(1 - by))).toBe(600);
          }),
        );
        for (const { from, to, amount } of transfers) {
          balances[from] = (balances[from] ?? 0) - amount;
          balances[to] = (balances[to] ?? 0) + amount;
        }
        const read = await at(0).getMany(accounts);
        expect(read.map((bytes) => bytes && Number(fromUtf8(bytes)))).toEqual(balances);
        expect(await at(1).verifyAll()).toEqual({ rows: accounts.length });
      }),
      { numRuns: runs },
    );
  });
});
