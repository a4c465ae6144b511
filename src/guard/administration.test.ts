import { afterEach, describe, expect, test } from 'vitest';
import type { SealClient } from '../core/client.js';
import { KeywardError } from '../core/errors.js';
import type { NewSlot } from '../core/slots.js';
import { systemError } from '../testing/audit-fixture.js';
import { DoorFixture } from '../testing/door-fixture.js';

const slot: NewSlot = {
  kind: 'memory',
  enrol: () => expect.unreachable(),
  discard: () => expect.unreachable(),
};
const [id, newId] = ['c0'.repeat(16), 'd1'.repeat(16)];

let fixture: DoorFixture;
afterEach(() => fixture.dispose());

/** A door over a store whose slots do this. */
async function opened(slots: Partial<SealClient>): Promise<DoorFixture> {
  fixture = await DoorFixture.open(undefined, ({ store }) => ({
    seal: {
      status: () => expect.unreachable(),
      verifyStore: () => store.barrier.verifyAll(),
      listSlots: () => expect.unreachable(),
      addSlot: () => expect.unreachable(),
      changeSlot: () => expect.unreachable(),
      removeSlot: () => expect.unreachable(),
      ...slots,
    },
  }));
  return fixture;
}

const records = async () => (await fixture.audit.show({ limit: 1000 })).filter(({ actor }) => actor !== 'keyward');

describe('an administrative operation', () => {
  test('is recorded durably before it acts and after, under one id', async () => {
    let before: number | undefined;
    await opened({
      changeSlot: async () => {
        before = fixture.log.disk.syncs;
        expect(await records()).toMatchObject([{ kind: 'intent', operation: 'slots.change' }]);
        return { id: newId, kind: 'memory', createdAt: new Date(0) };
      },
    });
    await fixture.client().seal.changeSlot(id, slot);
    expect(before).toBe(1);
    expect(fixture.log.disk.syncs).toBe(2);
    const [intent, outcome] = await records();
    expect(intent).toMatchObject({ decision: { allowed: true }, details: { kind: 'memory', removed: id } });
    expect(outcome).toMatchObject({ kind: 'outcome', outcome: 'committed', details: { removed: id, added: newId } });
    expect(outcome?.operationId).toBe(intent?.operationId);
  });

  test('that fails is recorded with the code of its failure', async () => {
    await opened({ removeSlot: () => Promise.reject(new KeywardError('conflict', 'somebody was faster')) });
    await expect(fixture.client().seal.removeSlot(id)).rejects.toMatchObject({ code: 'conflict' });
    expect((await records()).map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['intent', undefined],
      ['outcome', 'conflict'],
    ]);
  });

  test('that cannot be announced is not done', async () => {
    await opened({});
    fixture.log.disk.failSync = () => Promise.reject(systemError('EIO'));
    await expect(fixture.client().seal.removeSlot(id)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('whose outcome cannot be recorded was done, and nothing is done after it', async () => {
    let removed = 0;
    await opened({
      removeSlot: async () => {
        removed += 1;
        fixture.log.disk.failSync = () => Promise.reject(systemError('EIO'));
      },
    });
    await fixture.client().seal.removeSlot(id);
    expect(fixture.log.findings.map(({ cause }) => cause)).toContainEqual(
      expect.stringContaining('committed, audit pending'),
    );
    await expect(fixture.client().seal.removeSlot(id)).rejects.toMatchObject({ code: 'unavailable' });
    expect(removed).toBe(1);
  });

  test('needs the right to administer, and a refusal is recorded', async () => {
    await opened({});
    const caller = fixture.caller('alice', { path: 'sys/slots', capabilities: ['update'] });
    await expect(fixture.client(caller).seal.addSlot(slot)).rejects.toMatchObject({ code: 'denied' });
    expect(await records()).toMatchObject([{ kind: 'access', operation: 'slots.add', outcome: 'denied' }]);
  });

  test('refuses an id that is none before anything else', async () => {
    await opened({});
    for (const wrong of ['', 'c0', `${id}0`, id.toUpperCase(), '../x']) {
      await expect(fixture.client().seal.removeSlot(wrong)).rejects.toMatchObject({ code: 'invalid' });
    }
    expect(await records()).toEqual([]);
  });
});
