import { type AccessEntry, accessLevels } from '../../core/access-entry.js';
import { checkedApiCall } from '../../core/api-call.js';
import type { AuditFilter, AuditRecord, AuditVerification } from '../../core/client.js';
import { errorCodes, KeywardError } from '../../core/errors.js';
import { keyAnswers } from '../../core/key-use.js';
import type { LongWork } from '../../core/maintenance.js';
import { parsePath } from '../../core/path.js';
import type { VersionKey } from '../../core/version.js';
import type { AccessTarget, ReadOperation } from './operation.js';
import { present } from './present.js';

const maxShown = 10_000;

const administer = (): readonly AccessTarget[] => [
  { policyPath: 'sys/audit', capability: 'read' },
  { policyPath: 'sys/audit', capability: 'sudo' },
];

export const showAudit: ReadOperation<AuditFilter, readonly AuditRecord[]> = {
  name: 'audit.show',
  kind: 'read',
  parse: ({ path, limit, before, pastDamage }) => ({
    path: path === undefined ? undefined : parsePath(path),
    limit: checkedLimit(limit),
    before: before === undefined ? undefined : checkedNumber(before),
    pastDamage: pastDamage === true,
  }),
  targets: administer,
  auditPath: ({ path }) => path,
  auditDetails: ({ limit }, shown) => present({ limit, shown: shown?.length }),
  recorded: 'synced',
  act: ({ audit }, filter) => audit.show(filter),
};

export const verifyAudit: ReadOperation<
  LongWork & { readonly anchor?: Uint8Array | undefined; readonly publicKey?: string | undefined },
  AuditVerification
> = {
  name: 'audit.verify',
  kind: 'read',
  parse: ({ anchor, publicKey, onProgress }) => ({
    onProgress,
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

/** What happened outside of the store: its record in the log is all that it does. */
export const recordEntry: ReadOperation<{ readonly entry: AccessEntry }, true> = {
  name: 'audit.record',
  kind: 'read',
  parse: ({ entry }) => ({ entry: checkedEntry(entry) }),
  targets: () => [{ policyPath: 'sys/audit', capability: 'create' }],
  auditPath: ({ entry }) => ('path' in entry ? entry.path : undefined),
  auditDetails: ({ entry }) => present('path' in entry ? { ...entry, path: undefined } : { ...entry }),
  recorded: 'written',
  act: async () => true,
};

/** A copy of the members that an entry has, each of the form that it has there. */
function checkedEntry(entry: AccessEntry): AccessEntry {
  const { event, level, environment, project } = entry;
  const about = {
    time: checkedText(entry.time),
    level: oneOf(accessLevels, level),
    principal: checkedText(entry.principal),
    process: checkedNumber(entry.process),
    environment: checkedText(environment),
    ...(project === undefined ? {} : { project: checkedText(project) }),
  };
  if (event === 'lost') return { event, ...about, count: checkedNumber(entry.count) };
  if (event === 'api_call') {
    const { service, endpoint, success } = checkedApiCall(entry);
    const error = entry.error === undefined ? {} : { error: checkedText(entry.error) };
    return { event, ...about, service, endpoint, success, ...error };
  }
  if (event === 'key_use') {
    const { path, provider, version, answer, count } = entry;
    return {
      ...{ event, ...about, path: parsePath(path), answer: oneOf(keyAnswers, answer), count: checkedNumber(count) },
      ...(provider === undefined ? {} : { provider: checkedText(provider) }),
      ...(version === undefined ? {} : { version: checkedVersion(version) }),
    };
  }
  return {
    event: oneOf(['access'], event),
    ...about,
    path: parsePath(entry.path),
    provider: checkedText(entry.provider),
    outcome: oneOf(['found', 'absent', ...errorCodes], entry.outcome),
    ...(entry.version === undefined ? {} : { version: checkedText(String(entry.version)) }),
    cached: entry.cached === true,
    degraded: entry.degraded === true,
    durationMs: checkedNumber(entry.durationMs),
    count: checkedNumber(entry.count),
  };
}

function checkedText(text: string): string {
  if (typeof text === 'string' && text.length <= 1024 && !/\p{Cc}/u.test(text)) return text;
  throw new KeywardError('invalid', 'a text in an audit entry has at most 1024 characters, and no control characters');
}

function checkedVersion(version: VersionKey): VersionKey {
  return typeof version === 'number' ? checkedNumber(version) : checkedText(version);
}

function checkedNumber(value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new KeywardError('invalid', 'a number in an audit entry is finite and not negative');
}

function oneOf<T extends string>(allowed: readonly T[], value: T): T {
  if (allowed.includes(value)) return value;
  throw new KeywardError('invalid', `an audit entry has one of ${allowed.join(', ')} here`);
}

function checkedLimit(limit: number | undefined): number | undefined {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 1 && limit <= maxShown)) return limit;
  throw new KeywardError('invalid', `at most ${maxShown} audit records are shown at once, at least one`);
}

function checkedKey(publicKey: string): string {
  if (/^[0-9a-f]{64}$/.test(publicKey)) return publicKey;
  throw new KeywardError('invalid', 'a public key of the audit log is 64 lower-case hexadecimal digits');
}
