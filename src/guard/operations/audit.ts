import type { AuditRecord, AuditVerification } from '../../core/client.js';
import { KeywardError } from '../../core/errors.js';
import { parsePath } from '../../core/path.js';
import type { AccessTarget, ReadOperation } from './operation.js';
import { present } from './present.js';

const maxShown = 10_000;

const administer = (): readonly AccessTarget[] => [
  { policyPath: 'sys/audit', capability: 'read' },
  { policyPath: 'sys/audit', capability: 'sudo' },
];

export const showAudit: ReadOperation<
  { readonly path?: string | undefined; readonly limit?: number | undefined },
  readonly AuditRecord[]
> = {
  name: 'audit.show',
  kind: 'read',
  parse: ({ path, limit }) => ({ path: path === undefined ? undefined : parsePath(path), limit: checkedLimit(limit) }),
  targets: administer,
  auditPath: ({ path }) => path,
  auditDetails: ({ limit }, shown) => present({ limit, shown: shown?.length }),
  recorded: 'synced',
  act: ({ audit }, filter) => audit.show(filter),
};

export const verifyAudit: ReadOperation<
  { readonly anchor?: Uint8Array | undefined; readonly publicKey?: string | undefined },
  AuditVerification
> = {
  name: 'audit.verify',
  kind: 'read',
  parse: ({ anchor, publicKey }) => ({
    anchor: anchor && Uint8Array.from(anchor),
    publicKey: publicKey === undefined ? undefined : checkedKey(publicKey),
  }),
  targets: administer,
  auditDetails: (_, verification) => present({ status: verification?.status }),
  recorded: 'synced',
  act: ({ audit }, options) => audit.verify(options),
};

export const checkpointAudit: ReadOperation<Record<string, never>, Uint8Array> = {
  name: 'audit.checkpoint',
  kind: 'read',
  parse: () => ({}),
  targets: administer,
  recorded: 'synced',
  act: ({ audit }) => audit.checkpoint(),
};

function checkedLimit(limit: number | undefined): number | undefined {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 1 && limit <= maxShown)) return limit;
  throw new KeywardError('invalid', `at most ${maxShown} audit records are shown at once, at least one`);
}

function checkedKey(publicKey: string): string {
  if (/^[0-9a-f]{64}$/.test(publicKey)) return publicKey;
  throw new KeywardError('invalid', 'a public key of the audit log is 64 lower-case hexadecimal digits');
}
