import type { Finding } from '../../core/finding.js';

/** What the service lets us do with a secret, as far as it was asked. */
export interface GcpAccess {
  /** Its id. */
  readonly id: string;
  readonly permissions: readonly string[];
}

const reads = 'secretmanager.versions.access';
const adds = 'secretmanager.versions.add';
const deletes = 'secretmanager.secrets.delete';

/** What is asked for each needed secret. */
export const askedPermissions: readonly string[] = [reads, adds, deletes];

/** More secrets than these are not asked about. */
export const mostSecrets = 50;

/** What is missing of what is needed, and what is more than that. */
export function accessFindings(accesses: readonly GcpAccess[], writes: boolean, where: string): readonly Finding[] {
  const findings: Finding[] = [];
  const note = (severity: Finding['severity'], of: readonly GcpAccess[], cause: string, fix: string) => {
    if (of.length === 0) return;
    const ids = of.length === 1 ? of[0]?.id : `${of[0]?.id} and ${of.length - 1} more`;
    findings.push({ severity, where, cause: `${cause} ${ids}`, fix, link: 'providers/gcp.md#set-up' });
  };
  const lacking = (permission: string) =>
    accesses.filter(({ permissions }) => permissions.length > 0 && !permissions.includes(permission));
  const grant = (role: string) => `gcloud secrets add-iam-policy-binding … --role=roles/secretmanager.${role}`;
  note('error', lacking(reads), `lacks ${reads} on`, grant('secretAccessor'));
  if (writes) note('error', lacking(adds), `lacks ${adds} on`, grant('secretVersionAdder'));
  // The service says the same of a secret that is not there.
  const closed = accesses.filter(({ permissions }) => permissions.length === 0);
  note('info', closed, 'is allowed nothing, or there is no', grant('secretAccessor'));
  if (writes) return findings;
  const changed = accesses.filter(({ permissions }) => permissions.includes(adds) || permissions.includes(deletes));
  const fix = 'Grant roles/secretmanager.secretAccessor alone, on the secrets.';
  note('warning', changed, 'nothing here writes, and it is allowed to change', fix);
  return findings;
}

/** What is to be said of the file that the credentials come from. */
export function keyFindings(file: unknown, where: string): readonly Finding[] {
  if (typeof file !== 'object' || file === null || Reflect.get(file, 'type') !== 'service_account') return [];
  const cause = 'signs in with the key file of a service account, which does not end by itself';
  const fix = 'Use workload identity or an attached service account; until then, rotate the key.';
  return [{ severity: 'warning', where, cause, fix, link: 'providers/gcp.md#set-up' }];
}
