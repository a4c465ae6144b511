import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type ContractCases, type Deviation, runContract, type TestRunner } from '../../../core/contract.js';
import { isKeywardError } from '../../../core/errors.js';
import { toBase64, toHex } from '../../../crypto/encoding.js';
import type { Slot, SlotParameters } from './slot.js';

const address = { storeId: 'store', slotId: 'c0'.repeat(16) };

/** A place where one driver's secret can be kept, and the slots that people could hold against it. */
export interface SlotScene {
  /** A new slot object on the secret of this scene, as every later process makes one. */
  readonly slot: () => Slot;
  /** A slot of the same driver with a secret of its own, which `enrol` makes where it needs making. */
  readonly stranger: () => Slot;
  /** A slot of the same driver where no secret is at hand. */
  readonly elsewhere: () => Slot;
}

/** Every driver of a slot passes these. */
export function slotContract(
  runner: TestRunner,
  driver: string,
  make: () => Promise<{ readonly subject: SlotScene; readonly dispose?: () => Promise<void> }>,
  deviations: readonly Deviation[] = [],
): void {
  runContract(runner, `slot: ${driver}`, cases, make, deviations);
}

const cases: ContractCases<SlotScene> = {
  'enrols a key of 32 bytes with parameters that the header can hold': async ({ slot }) => {
    const { slotKey, parameters } = await slot().enrol(address);
    assert.equal(slotKey.length, 32);
    for (const [name, value] of Object.entries(parameters)) {
      assert.match(name, /^[a-z][A-Za-z0-9]*$/);
      assert.ok(typeof value === 'string' || Number.isSafeInteger(value));
    }
  },

  'gives the enrolled key to every later process': async ({ slot }) => {
    const { slotKey, parameters } = await slot().enrol(address);
    assert.deepEqual(await slot().unlock(stored(parameters), address), slotKey);
    assert.deepEqual(await slot().unlock(stored(parameters), address), slotKey);
  },

  'gives the key again when it is asked twice': async ({ slot }) => {
    const { slotKey, parameters } = await slot().enrol(address);
    const later = slot();
    assert.deepEqual(
      [await later.unlock(parameters, address), await later.unlock(parameters, address)],
      [slotKey, slotKey],
    );
  },

  'enrols a different key for every secret': async ({ slot, stranger }) => {
    const [ours, theirs] = [await slot().enrol(address), await stranger().enrol(address)];
    assert.notDeepEqual(ours.slotKey, theirs.slotKey);
  },

  'never gives the enrolled key to another secret': async ({ slot, stranger }) => {
    const { slotKey, parameters } = await slot().enrol(address);
    const other = stranger();
    await other.enrol(address);
    assert.notDeepEqual(await other.unlock(parameters, address), slotKey);
  },

  'answers undefined where its secret is not at hand': async ({ slot, elsewhere }) => {
    const { parameters } = await slot().enrol(address);
    assert.equal(await elsewhere().unlock(parameters, address), undefined);
  },

  'refuses parameters that it never writes': async ({ slot }) => {
    const { parameters } = await slot().enrol(address);
    const names = Object.keys(parameters);
    const wrong: SlotParameters[] = [{ ...parameters, another: 1 }];
    for (const name of names) {
      wrong.push(Object.fromEntries(Object.entries(parameters).filter(([kept]) => kept !== name)));
      wrong.push({ ...parameters, [name]: '' }, { ...parameters, [name]: -1 }, { ...parameters, [name]: 0.5 });
    }
    for (const candidate of wrong) {
      await assert.rejects(slot().unlock(candidate, address), (error) => isKeywardError(error, 'integrity'));
    }
  },

  'shows its key neither in the parameters nor when printed': async ({ slot }) => {
    const used = slot();
    const { slotKey, parameters } = await used.enrol(address);
    await used.unlock(parameters, address);
    const shown = JSON.stringify([parameters, used]) + inspect(used, { depth: 9, showHidden: true });
    assert.ok(!shown.includes(toHex(slotKey)));
    assert.ok(!shown.includes(toBase64(slotKey)));
    assert.ok(!shown.includes([...slotKey.subarray(0, 4)].join(', ')));
  },
};

function stored(parameters: SlotParameters): SlotParameters {
  return structuredClone(parameters);
}
