import type { SealStatus } from '../../core/client.js';
import type { Finding } from '../../core/finding.js';
import type { MaintenanceStatus } from '../../core/maintenance.js';

const link = 'guide/doctor.md#store';

/** What is to be said about Keyward's own store on this machine. @param where its folder. */
export function storeFindings(where: string, seal: SealStatus, maintenance: MaintenanceStatus): readonly Finding[] {
  const findings: Finding[] = [];
  const note = (severity: Finding['severity'], cause: string, fix: string) =>
    findings.push({ severity, where, cause, fix, link });
  const kinds = new Set(seal.slots.map(({ kind }) => kind));
  if (!kinds.has('recovery')) {
    note(
      'warning',
      'there is no recovery phrase: with its key lost, the store is lost',
      'Run: keyward slot add recovery',
    );
  }
  if (seal.slots.length > 0 && [...kinds].every((kind) => kind === 'recovery')) {
    note('info', 'only the recovery phrase opens it', 'For daily work: keyward slot add keyfile');
  }
  if (maintenance.isRotating) note('warning', 'a rotation of its keys is not finished', 'Run: keyward store rotate');
  if (maintenance.rollback.isDisputed) {
    note('error', 'it was put back to an older state', 'If that was you, run: keyward store accept-rollback');
  }
  return findings;
}
