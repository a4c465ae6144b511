import { KeywardError, type OpenedStore, parsePath, textPayload } from '../../src/index.js';
import { bytesOf, calls, giving, type LibraryScenario } from './library.js';

const path = parsePath('bot/development/held/v1');
const documentPath = parsePath('bot/development/held/all');
const absentPath = parsePath('bot/development/held/nothing');

const withClient = (use: (client: OpenedStore['client'], value: string) => unknown): LibraryScenario['call'] => {
  return async (library, value) => use((await library.store()).client, value);
};

/** What a program does with Keyward's own store, which it opened by itself. */
export const storeScenarios: Readonly<Record<string, readonly LibraryScenario[]>> = {
  'store.close': calls(async (library) => {
    const store = await library.store();
    await store.close();
    return store.client.secrets.read({ path });
  }),
  'store.client.close': calls(withClient((client) => client.close())),
  'store.client.watch': calls(withClient((client) => client.watch(() => {}))),
  'store.client.secrets.read': [
    ...giving(withClient(({ secrets }) => secrets.read({ path }))),
    ...calls(
      withClient(({ secrets }) => secrets.read({ path, field: 'none' })),
      withClient(async ({ secrets }) => {
        await secrets.delete(path);
        return secrets.read({ path });
      }),
    ),
  ],
  'store.client.secrets.readMany': giving(
    withClient(({ secrets }) => secrets.readMany([{ path }, { path: absentPath }])),
  ),
  'store.client.secrets.write': calls(
    withClient(({ secrets }, value) => secrets.write(path, { payload: textPayload(value) })),
    withClient(({ secrets }, value) => secrets.write(path, { payload: textPayload(value) }, { ifVersion: 77 })),
    withClient(({ secrets }, value) => secrets.write(path, { payload: textPayload(value) }, { token: value })),
    withClient(({ secrets }, value) =>
      secrets.write(path, {
        payload: { kind: 'text', bytes: Buffer.from(`ff${Buffer.from(value).toString('hex')}`, 'hex') },
      }),
    ),
    withClient(({ secrets }, value) =>
      secrets.write(path, { payload: { kind: 'text', bytes: bytesOf(value.repeat(90_000)) } }),
    ),
  ),
  'store.client.secrets.patch': calls(
    withClient(({ secrets }, value) => secrets.patch(documentPath, { set: { field0: value } })),
    withClient(({ secrets }, value) => secrets.patch(path, { set: { field0: value } })),
    withClient(({ secrets }, value) => secrets.patch(documentPath, { set: { '': `${value}\ud800` } })),
  ),
  'store.client.secrets.describe': calls(
    withClient(({ secrets }) => secrets.describe(path)),
    withClient(({ secrets }) => secrets.describe(absentPath)),
  ),
  'store.client.secrets.list': calls(
    withClient(({ secrets }) => secrets.list('')),
    withClient(({ secrets }, value) => secrets.list('', { cursor: value })),
  ),
  'store.client.secrets.delete': calls(
    withClient(({ secrets }) => secrets.delete(path)),
    withClient(({ secrets }) => secrets.delete(absentPath)),
  ),
  'store.client.secrets.undelete': calls(withClient(({ secrets }) => secrets.undelete(path, { versions: [1] }))),
  'store.client.secrets.destroy': calls(
    withClient(({ secrets }) => secrets.destroy(path, { versions: [1] })),
    withClient(({ secrets }) => secrets.destroy(path, { versions: [99] })),
  ),
  'store.client.secrets.purge': calls(withClient(({ secrets }) => secrets.purge(path))),
  'store.client.secrets.setStage': calls(
    withClient(({ secrets }) => secrets.setStage(path, 'blue', 1)),
    withClient(({ secrets }) => secrets.setStage(path, 'current', 99)),
  ),
  'store.client.secrets.rollback': calls(
    withClient(({ secrets }) => secrets.rollback(path)),
    withClient(({ secrets }) => secrets.rollback(path, { to: 99 })),
  ),
  'store.client.secrets.setMaxVersions': calls(
    withClient(({ secrets }) => secrets.setMaxVersions(path, 1)),
    withClient(({ secrets }) => secrets.setMaxVersions(path, 99)),
  ),
  'store.client.records.get': calls(withClient(({ records }) => records.get('none'))),
  'store.client.records.list': calls(withClient(({ records }) => records.list(''))),
  'store.client.records.put': calls(
    withClient(({ records }, value) => records.put('kept', bytesOf(value), { ifRevision: 0 })),
    withClient(({ records }, value) => records.put('kept', bytesOf(value), { ifRevision: 7 })),
    withClient(({ records }, value) => records.put('kept', bytesOf(value.repeat(10_000)), { ifRevision: 0 })),
  ),
  'store.client.records.remove': calls(withClient(({ records }) => records.remove('none', { ifRevision: 1 }))),
  'store.client.audit.checkpoint': calls(withClient(({ audit }) => audit.checkpoint())),
  'store.client.audit.record': calls(
    withClient(({ audit }, value) => audit.record(Object.assign(Object.create(null), { event: value, error: value }))),
  ),
  'store.client.audit.show': calls(
    withClient(({ audit }) => audit.show()),
    withClient(({ audit }) => audit.show({ limit: -1 })),
  ),
  'store.client.audit.verify': calls(
    withClient(({ audit }) => audit.verify()),
    withClient(({ audit }, value) => audit.verify({ anchor: bytesOf(value) })),
    withClient(({ audit }, value) => audit.verify({ publicKey: value })),
  ),
  'store.client.seal.status': calls(withClient(({ seal }) => seal.status())),
  'store.client.seal.verifyStore': calls(withClient(({ seal }) => seal.verifyStore())),
  'store.client.seal.listSlots': calls(withClient(({ seal }) => seal.listSlots())),
  'store.client.seal.addSlot': calls(
    withClient(({ seal }, value) =>
      seal.addSlot({
        kind: 'passphrase',
        enrol: async () => ({ slotKey: bytesOf(value), parameters: { words: 1 } }),
        discard: async () => {},
      }),
    ),
  ),
  'store.client.seal.changeSlot': calls(
    withClient(({ seal }, value) =>
      seal.changeSlot('none', {
        kind: 'keyfile',
        enrol: async () => ({ slotKey: bytesOf(value), parameters: {} }),
        discard: async () => {},
      }),
    ),
  ),
  'store.client.seal.removeSlot': calls(withClient(({ seal }, value) => seal.removeSlot(value))),
  'store.client.backup.create': calls(
    withClient(({ backup }) =>
      backup.create(async (snapshot) => {
        const rows = snapshot.rows();
        let taken = 0;
        let row = await rows.next();
        for (; row.done !== true; row = await rows.next()) taken += 1;
        return { ...row.value, name: 'taken', rows: taken, secrets: 0, bytes: 0, sha256: '' };
      }),
    ),
    withClient(({ backup }) =>
      backup.create(() => Promise.reject(new KeywardError('unavailable', 'the disk is full'))),
    ),
  ),
  'store.client.maintenance.status': calls(withClient(({ maintenance }) => maintenance.status())),
  'store.client.maintenance.rotate': calls(withClient(({ maintenance }) => maintenance.rotate())),
  'store.client.maintenance.shred': calls(withClient(({ maintenance }) => maintenance.shred())),
  'store.client.maintenance.acceptRollback': calls(withClient(({ maintenance }) => maintenance.acceptRollback())),
};
