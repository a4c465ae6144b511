import type { SealStatus } from '../../core/client.js';
import { KeywardError } from '../../core/errors.js';
import type { LongWork } from '../../core/maintenance.js';
import type { NewSlot, SlotDescription, SlotList } from '../../core/slots.js';
import type { AccessTarget, AdministrativeOperation, ReadOperation } from './operation.js';
import { present } from './present.js';

type Nothing = Record<string, never>;

const administer = (): readonly AccessTarget[] => [
  { policyPath: 'sys/seal', capability: 'read' },
  { policyPath: 'sys/seal', capability: 'sudo' },
];

export const sealStatus: ReadOperation<Nothing, SealStatus> = {
  name: 'seal.status',
  kind: 'read',
  parse: () => ({}),
  targets: administer,
  recorded: 'written',
  act: ({ seal }) => seal.status(),
};

export const verifyStore: ReadOperation<LongWork, { readonly rows: number }> = {
  name: 'seal.verify-store',
  kind: 'read',
  parse: ({ onProgress }) => ({ onProgress }),
  targets: administer,
  auditDetails: (_, result) => present({ rows: result?.rows }),
  recorded: 'synced',
  act: ({ seal }, work) => seal.verifyStore(work),
};

const ofSlots = (capability: 'read' | 'update') => (): readonly AccessTarget[] => [
  { policyPath: 'sys/slots', capability },
  { policyPath: 'sys/slots', capability: 'sudo' },
];

export const listSlots: ReadOperation<Nothing, SlotList> = {
  name: 'slots.list',
  kind: 'read',
  parse: () => ({}),
  targets: ofSlots('read'),
  auditDetails: (_, list) => present({ slots: list?.slots.length }),
  recorded: 'written',
  act: ({ seal }) => seal.listSlots(),
};

export const addSlot: AdministrativeOperation<{ readonly slot: NewSlot }, SlotDescription> = {
  name: 'slots.add',
  kind: 'administer',
  parse: ({ slot }) => ({ slot }),
  targets: ofSlots('update'),
  auditDetails: ({ slot: { kind } }, added) => present({ kind, added: added?.id }),
  act: ({ seal }, { slot }) => seal.addSlot(slot),
};

export const changeSlot: AdministrativeOperation<
  { readonly id: string; readonly slot: NewSlot; readonly compromised: boolean },
  SlotDescription
> = {
  name: 'slots.change',
  kind: 'administer',
  parse: ({ id, slot, compromised }) => ({ id: checkedId(id), slot, compromised }),
  targets: ofSlots('update'),
  auditDetails: ({ id, slot: { kind }, compromised }, added) =>
    present({ kind, removed: id, added: added?.id, compromised }),
  act: ({ seal }, { id, slot, compromised }) => seal.changeSlot(id, slot, { compromised }),
};

export const removeSlot: AdministrativeOperation<{ readonly id: string; readonly compromised: boolean }, void> = {
  name: 'slots.remove',
  kind: 'administer',
  parse: ({ id, compromised }) => ({ id: checkedId(id), compromised }),
  targets: ofSlots('update'),
  auditDetails: ({ id, compromised }) => ({ removed: id, compromised }),
  act: ({ seal }, { id, compromised }) => seal.removeSlot(id, { compromised }),
};

function checkedId(id: string): string {
  if (/^[0-9a-f]{32}$/.test(id)) return id;
  throw new KeywardError('invalid', 'the id of a slot has 32 hexadecimal characters', {
    advice: 'See them with: keyward slot list',
  });
}
