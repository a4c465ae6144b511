import type { BackupClient, BackupSummary } from '../../core/backup.js';
import type { AdministrativeOperation } from './operation.js';
import { present } from './present.js';

type Take = Parameters<BackupClient['create']>[0];

export const createBackup: AdministrativeOperation<{ readonly take: Take }, BackupSummary> = {
  name: 'backup.create',
  kind: 'administer',
  parse: ({ take }) => ({ take }),
  targets: () => [
    { policyPath: 'sys/backup', capability: 'update' },
    { policyPath: 'sys/backup', capability: 'sudo' },
  ],
  auditDetails: (_, made) => present({ file: made?.name, rows: made?.rows, sha256: made?.sha256 }),
  act: ({ backup }, { take }) => backup.create(take),
};
