import type { RecordValue } from '../../core/client.js';
import { KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';
import type { AccessCapability, ChangeOperation, ReadOperation } from './operation.js';
import { present } from './present.js';

interface Named {
  readonly name: string;
}

interface NamedRevision extends Named {
  readonly ifRevision: number;
}

const policyPath = (name: string) => `sys/records/${name}`;
const onRecord = (capability: AccessCapability) => (input: Named) => [
  { policyPath: policyPath(input.name), capability },
];
const nameOf = ({ name }: Named) => name;

export const getRecord: ReadOperation<Named, RecordValue | undefined> = {
  name: 'records.get',
  kind: 'read',
  parse: ({ name }) => ({ name: checkedName(name) }),
  targets: onRecord('read'),
  auditPath: ({ name }) => policyPath(name),
  auditDetails: (_, found) => present({ revision: found?.revision }),
  recorded: 'written',
  act: ({ records }, { name }) => records.get(name),
};

/** The names that begin with the prefix; listing a prefix is a right on that prefix. */
export const listRecords: ReadOperation<{ readonly prefix: string }, readonly string[]> = {
  name: 'records.list',
  kind: 'read',
  parse: ({ prefix }) => ({ prefix: prefix === '' ? '' : checkedName(prefix) }),
  targets: ({ prefix }) => [{ policyPath: policyPath(prefix), capability: 'list' }],
  auditPath: ({ prefix }) => policyPath(prefix),
  auditDetails: (_, names) => present({ names: names?.length }),
  recorded: 'written',
  act: ({ records }, { prefix }) => records.list(prefix),
};

export const putRecord: ChangeOperation<NamedRevision & { readonly bytes: Uint8Array }, number> = {
  name: 'records.put',
  kind: 'change',
  parse: ({ name, bytes, ifRevision }) => ({
    name: checkedName(name),
    bytes: Uint8Array.from(bytes),
    ifRevision: checkedRevision(ifRevision),
  }),
  targets: onRecord('update'),
  auditPath: ({ name }) => policyPath(name),
  auditDetails: ({ bytes, ifRevision }, revision) => present({ bytes: bytes.length, ifRevision, revision }),
  shardBy: nameOf,
  act: ({ records }, { name, bytes, ifRevision }, change) => records.put(change, name, bytes, { ifRevision }),
};

export const removeRecord: ChangeOperation<NamedRevision, void> = {
  name: 'records.remove',
  kind: 'change',
  parse: ({ name, ifRevision }) => ({ name: checkedName(name), ifRevision: checkedRevision(ifRevision) }),
  targets: onRecord('delete'),
  auditPath: ({ name }) => policyPath(name),
  auditDetails: ({ ifRevision }) => present({ ifRevision }),
  shardBy: nameOf,
  act: ({ records }, { name, ifRevision }, change) => records.remove(change, name, { ifRevision }),
};

function checkedName(name: string): string {
  if (/^[\x21-\x7e]{1,256}$/.test(name)) return name;
  throw new KeywardError('invalid', `${quoted(name)} is no record name`, {
    advice: 'Use 1 to 256 printable ASCII characters without spaces.',
  });
}

function checkedRevision(revision: number): number {
  if (Number.isSafeInteger(revision) && revision >= 0) return revision;
  throw new KeywardError('invalid', 'the revision of a record is a whole number from 0');
}
