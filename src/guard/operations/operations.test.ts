import { describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { textPayload } from '../../core/payload.js';
import * as audit from './audit.js';
import * as maintenance from './maintenance.js';
import type { AccessTarget } from './operation.js';
import * as records from './records.js';
import * as seal from './seal.js';
import * as secrets from './secrets.js';

const path = parsePath('a/b');
const payload = textPayload('v');
const slot = { kind: 'memory', enrol: () => expect.unreachable(), discard: () => expect.unreachable() };
const about = { time: '', level: 'warn', principal: 'p', process: 1, environment: 'e' } as const;
const shown = (targets: readonly AccessTarget[]) =>
  targets.map(
    ({ policyPath, capability, field }) => `${capability} ${policyPath}${field === undefined ? '' : `#${field}`}`,
  );

describe('what an operation asks of the policies', () => {
  test.each([
    ['read', secrets.readSecret.targets({ ref: { path } }), ['read secret/data/a/b']],
    ['read a field', secrets.readSecret.targets({ ref: { path, field: 'k' } }), ['read secret/data/a/b#k']],
    ['describe', secrets.describeSecret.targets({ path }), ['read secret/metadata/a/b']],
    ['list', secrets.listSecrets.targets({ directory: path }), ['list secret/metadata/a/b/']],
    ['list the root', secrets.listSecrets.targets({ directory: '' }), ['list secret/metadata/']],
    ['create', secrets.writeSecret.targets({ path, payload }, false), ['create secret/data/a/b']],
    ['update', secrets.writeSecret.targets({ path, payload }, true), ['update secret/data/a/b']],
    ['create by patch', secrets.patchSecret.targets({ path, set: { k: 'v' } }, false), ['create secret/data/a/b']],
    [
      'patch',
      secrets.patchSecret.targets({ path, set: { k: 'v' }, remove: ['l'] }, true),
      ['patch secret/data/a/b#k', 'patch secret/data/a/b#l'],
    ],
    ['delete', secrets.deleteSecret.targets({ path }, true), ['delete secret/data/a/b']],
    ['undelete', secrets.undeleteSecret.targets({ path, versions: [1] }, true), ['update secret/undelete/a/b']],
    ['destroy', secrets.destroySecret.targets({ path, versions: [1] }, true), ['update secret/destroy/a/b']],
    ['purge', secrets.purgeSecret.targets({ path }, true), ['delete secret/metadata/a/b']],
    ['stage', secrets.setStage.targets({ path, stage: 's', version: 1 }, true), ['update secret/stages/a/b']],
    ['roll back', secrets.rollbackSecret.targets({ path }, true), ['update secret/stages/a/b']],
    ['keep versions', secrets.setMaxVersions.targets({ path, maxVersions: 3 }, true), ['update secret/metadata/a/b']],
    ['get a record', records.getRecord.targets({ name: 'r/x' }), ['read sys/records/r/x']],
    ['list records', records.listRecords.targets({ prefix: 'r/' }), ['list sys/records/r/']],
    [
      'put a record',
      records.putRecord.targets({ name: 'r', bytes: payload.bytes, ifRevision: 0 }, true),
      ['update sys/records/r'],
    ],
    ['remove a record', records.removeRecord.targets({ name: 'r', ifRevision: 1 }, true), ['delete sys/records/r']],
    ['show the audit log', audit.showAudit.targets({}), ['read sys/audit', 'sudo sys/audit']],
    ['verify the audit log', audit.verifyAudit.targets({}), ['read sys/audit', 'sudo sys/audit']],
    ['sign the audit log', audit.checkpointAudit.targets({}), ['read sys/audit', 'sudo sys/audit']],
    [
      'record what happened outside',
      audit.recordEntry.targets({ entry: { event: 'lost', ...about, count: 1 } }),
      ['create sys/audit'],
    ],
    ['ask about the seal', seal.sealStatus.targets({}), ['read sys/seal', 'sudo sys/seal']],
    ['list the slots', seal.listSlots.targets({}), ['read sys/slots', 'sudo sys/slots']],
    ['add a slot', seal.addSlot.targets({ slot }), ['update sys/slots', 'sudo sys/slots']],
    [
      'change a slot',
      seal.changeSlot.targets({ id: 'a', compromised: false, slot }),
      ['update sys/slots', 'sudo sys/slots'],
    ],
    ['remove a slot', seal.removeSlot.targets({ id: 'a', compromised: false }), ['update sys/slots', 'sudo sys/slots']],
    ['see how the store is', maintenance.maintenanceStatus.targets({}), ['read sys/store', 'sudo sys/store']],
    ['rotate the term', maintenance.rotateTerm.targets({}), ['update sys/store', 'sudo sys/store']],
    ['shred the store', maintenance.shredStore.targets({}), ['update sys/store', 'sudo sys/store']],
    ['accept a rollback', maintenance.acceptRollback.targets({}), ['update sys/store', 'sudo sys/store']],
    ['verify the store', seal.verifyStore.targets({}), ['read sys/seal', 'sudo sys/seal']],
  ])('to %s', (_, targets, expected) => {
    expect(shown(targets)).toEqual(expected);
  });

  test('every operation has a name of its own', () => {
    const names = [secrets, records, audit, seal, maintenance].flatMap((noun) =>
      Object.values(noun).map(({ name }) => name),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(30);
  });
});
