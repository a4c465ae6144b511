import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { timeCalls } from '../measure.mjs';

export const title = 'An entry of the audit log (sealed, chained, ordered among processes), against a plain append';

const entry = {
  kind: 'access',
  actor: 'owner',
  source: 'local:1',
  operation: 'secrets.read',
  path: 'project/development/app/token',
  decision: { allowed: true, rule: 'owner' },
  outcome: 'ok',
  details: {},
};

export async function measure(workshop) {
  const { createLmdbSequencer, openAuditLog, silentObserver, systemClock: clock } = workshop.keyward;
  const sequencer = createLmdbSequencer({ folder: join(workshop.folder, 'bench-sequencer') });
  const log = await openAuditLog({
    folder: join(workshop.folder, 'bench-audit'),
    storeId: '00'.repeat(16),
    sealKeys: [new Uint8Array(32).fill(1)],
    sequencer,
    clock,
    observer: silentObserver,
    onSealed: () => {},
  });
  const file = openSync(join(workshop.folder, 'plain-log'), 'a');
  const line = Buffer.alloc(570, 'x');
  const times = await timeCalls(
    {
      written: () => log.append(entry, 'written'),
      synced: () => log.append(entry, 'synced'),
      plain: async () => writeSync(file, line),
      plainSynced: async () => {
        writeSync(file, line);
        fdatasyncSync(file);
      },
    },
    workshop,
  );
  await log.close();
  await sequencer.close();
  closeSync(file);
  return [
    { what: 'append, written', ms: times.written, baseline: 'write', baselineMs: times.plain },
    { what: 'append, synced', ms: times.synced, baseline: 'write and fdatasync', baselineMs: times.plainSynced },
  ];
}
