import type { AuditRecord } from '../core/client.js';
import { systemClock } from '../core/clock.js';
import { isKeywardError } from '../core/errors.js';
import { type Path, parsePath } from '../core/path.js';
import { toHex, utf8 } from '../crypto/encoding.js';
import { publicRandomBytes } from '../crypto/random.js';
import type { AuditLog } from '../guard/audit/audit-log.js';
import { createSecretStore } from '../store/secrets/sealed-secret-store.js';
import type { BuiltStore } from './build-restored.js';

export interface Removals {
  readonly destroyed: readonly { readonly path: Path; readonly versions: readonly number[] }[];
  readonly purged: readonly Path[];
}

const page = 10_000;

/** What was destroyed and purged since then, as the log says. @throws KeywardError `integrity` for a damaged log. */
export async function removalsSince(audit: AuditLog, since: Date): Promise<Removals> {
  const destroyed: Removals['destroyed'][number][] = [];
  const purged = new Set<Path>();
  for (let before: number | undefined; ; ) {
    const records = await audit.show({ limit: page, before });
    const later = records.filter(({ time }) => time >= since);
    for (const { operation, path, details } of later.filter(isDone)) {
      if (path === undefined) continue;
      if (operation === 'secrets.destroy') destroyed.push({ path: parsePath(path), versions: numbersIn(details) });
      if (operation === 'secrets.purge') purged.add(parsePath(path));
    }
    before = records[0]?.sequence;
    if (before === undefined || later.length < records.length) return { destroyed, purged: [...purged].sort() };
  }
}

/** Destroys in the store what was destroyed since, where it has it. Answers what that was: `path@version`. */
export async function destroyAgain(
  { barrier }: BuiltStore,
  destroyed: Removals['destroyed'],
): Promise<readonly string[]> {
  const secrets = createSecretStore({ barrier, clock: systemClock });
  const done: string[] = [];
  for (const { path, versions } of destroyed) {
    for (const number of versions) {
      const change = {
        operationId: toHex(publicRandomBytes(16)),
        actor: 'keyward',
        requestMac: barrier.mac(utf8(path)),
      };
      try {
        await secrets.destroy(change, path, { versions: [number] });
        done.push(`${path}@${number}`);
      } catch (error) {
        // It is younger than the backup.
        if (!isKeywardError(error, 'not_found')) throw error;
      }
    }
  }
  return done;
}

function isDone({ kind, outcome }: AuditRecord): boolean {
  return kind === 'outcome' && outcome === 'committed';
}

function numbersIn({ versions }: AuditRecord['details']): readonly number[] {
  return String(versions ?? '')
    .split(',')
    .map(Number)
    .filter((number) => number > 0);
}
