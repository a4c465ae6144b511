import type { Command } from './command.js';

/** Every command by its verb, in the order of the help. Only the one that is called is loaded. */
export const commandTable: Readonly<Record<string, () => Promise<Command>>> = {
  init: async () => (await import('./commands/init.js')).default,
  get: async () => (await import('./commands/get.js')).default,
  set: async () => (await import('./commands/set.js')).default,
  edit: async () => (await import('./commands/edit.js')).default,
  delete: async () => (await import('./commands/delete.js')).default,
  undelete: async () => (await import('./commands/undelete.js')).default,
  rollback: async () => (await import('./commands/rollback.js')).default,
  rotate: async () => (await import('./commands/rotate.js')).default,
  destroy: async () => (await import('./commands/destroy.js')).default,
  purge: async () => (await import('./commands/purge.js')).default,
  list: async () => (await import('./commands/list.js')).default,
  history: async () => (await import('./commands/history.js')).default,
  diff: async () => (await import('./commands/diff.js')).default,
  copy: async () => (await import('./commands/copy.js')).default,
  sync: async () => (await import('./commands/sync.js')).default,
  migrate: async () => (await import('./commands/migrate.js')).default,
  search: async () => (await import('./commands/search.js')).default,
  explain: async () => (await import('./commands/explain.js')).default,
  status: async () => (await import('./commands/status.js')).default,
  health: async () => (await import('./commands/health.js')).default,
  doctor: async () => (await import('./commands/doctor.js')).default,
  check: async () => (await import('./commands/check.js')).default,
  scan: async () => (await import('./commands/scan.js')).default,
  'scan bundle': async () => (await import('./commands/scan-bundle.js')).default,
  notify: async () => (await import('./commands/notify.js')).default,
  review: async () => (await import('./commands/review.js')).default,
  attest: async () => (await import('./commands/attest.js')).default,
  example: async () => (await import('./commands/example.js')).default,
  draft: async () => (await import('./commands/draft.js')).default,
  run: async () => (await import('./commands/run.js')).default,
  import: async () => (await import('./commands/import.js')).default,
  export: async () => (await import('./commands/export.js')).default,
  manifest: async () => (await import('./commands/manifest.js')).default,
  'rotation status': async () => (await import('./commands/rotation-status.js')).default,
  'rotation upcoming': async () => (await import('./commands/rotation-upcoming.js')).default,
  'rotation pause': async () => (await import('./commands/rotation-pause.js')).default,
  'rotation resume': async () => (await import('./commands/rotation-resume.js')).default,
  'rotation log': async () => (await import('./commands/rotation-log.js')).default,
  'rotation rollout': async () => (await import('./commands/rotation-rollout.js')).default,
  'rotation start': async () => (await import('./commands/rotation-start.js')).default,
  'incident start': async () => (await import('./commands/incident-start.js')).default,
  'incident status': async () => (await import('./commands/incident-status.js')).default,
  'incident resume': async () => (await import('./commands/incident-resume.js')).default,
  'incident list': async () => (await import('./commands/incident-list.js')).default,
  'incident report': async () => (await import('./commands/incident-report.js')).default,
  'incident close': async () => (await import('./commands/incident-close.js')).default,
  offboard: async () => (await import('./commands/offboard.js')).default,
  'audit show': async () => (await import('./commands/audit-show.js')).default,
  'audit verify': async () => (await import('./commands/audit-verify.js')).default,
  types: async () => (await import('./commands/types.js')).default,
  'slot list': async () => (await import('./commands/slot-list.js')).default,
  'slot add': async () => (await import('./commands/slot-add.js')).default,
  'slot remove': async () => (await import('./commands/slot-remove.js')).default,
  'slot change': async () => (await import('./commands/slot-change.js')).default,
  'store rotate': async () => (await import('./commands/store-rotate.js')).default,
  'store verify': async () => (await import('./commands/store-verify.js')).default,
  'store shred': async () => (await import('./commands/store-shred.js')).default,
  'store accept-rollback': async () => (await import('./commands/store-accept-rollback.js')).default,
  'backup create': async () => (await import('./commands/backup-create.js')).default,
  'backup verify': async () => (await import('./commands/backup-verify.js')).default,
  'backup restore': async () => (await import('./commands/backup-restore.js')).default,
  'backup list': async () => (await import('./commands/backup-list.js')).default,
  seal: async () => (await import('./commands/seal.js')).default,
  'seal init': async () => (await import('./commands/seal-init.js')).default,
  'seal repair': async () => (await import('./commands/seal-repair.js')).default,
  unseal: async () => (await import('./commands/unseal.js')).default,
  'recipient list': async () => (await import('./commands/recipient-list.js')).default,
  'recipient add': async () => (await import('./commands/recipient-add.js')).default,
  'recipient remove': async () => (await import('./commands/recipient-remove.js')).default,
  'config show': async () => (await import('./commands/config-show.js')).default,
  'config check': async () => (await import('./commands/config-check.js')).default,
  'config schema': async () => (await import('./commands/config-schema.js')).default,
  trust: async () => (await import('./commands/trust.js')).default,
  version: async () => (await import('./commands/version.js')).default,
};

/** The verbs of the table, and of the two commands that read it and so cannot be in it. */
export const verbs: readonly string[] = [...Object.keys(commandTable), 'completion', 'help'];

/**
 * The command that the words begin with, and the words after it; `undefined` when there is none. Verbs of two words
 * (`audit verify`) win over those of one.
 */
export async function lookUp(
  words: readonly string[],
): Promise<{ readonly command: Command; readonly rest: readonly string[] } | undefined> {
  for (const length of [2, 1]) {
    const verb = words.slice(0, length).join(' ');
    const load = words.length >= length && Object.hasOwn(commandTable, verb) ? commandTable[verb] : undefined;
    if (load !== undefined) return { command: await load(), rest: words.slice(length) };
  }
  return undefined;
}
