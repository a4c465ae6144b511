import { type KeywardError, toKeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { Facts, Incident, IncidentSecret, KnownCopy, KnownRollout, RelatedSecret } from './incident.js';
import type { IncidentLog } from './incident-log.js';

/** What the response needs done. */
export interface Responder {
  /** Reads the records. */
  facts(incident: Incident): Promise<Facts>;
  related(incident: Incident, facts: Facts): Promise<readonly RelatedSecret[]>;
  copies(paths: readonly Path[]): Promise<readonly KnownCopy[]>;
  /** Rotates the secret for the incident, or goes on with that; the same call again changes nothing that is done. */
  rotate(path: Path, incident: Incident): Promise<Omit<IncidentSecret, 'path' | 'because'>>;
  /** How far the secret was brought to its consumers. */
  rollouts(path: Path): Promise<readonly KnownRollout[]>;
  /** Answers over how many channels people are told. Never throws. */
  tell(incident: Incident): Promise<number>;
}

export interface RespondOptions {
  /** Which of the related secrets are rotated too. */
  readonly choose: (related: readonly RelatedSecret[]) => Promise<readonly RelatedSecret[]>;
  /** Called before each step. Returns at once and never throws. */
  readonly onStep: (step: string) => void;
}

/** Nothing of it is left that a program could do. */
const ended: ReadonlySet<string> = new Set(['done', 'manual']);

/**
 * Takes every step that is left and that can be taken now, and writes each down when it is done: facts, related secrets,
 * copies, rotation and revocation, notifications. A secret that cannot be rotated stops none of the others. After a
 * crash the same call goes on.
 *
 * @throws KeywardError as the records; `conflict` when another process goes on with it.
 */
export async function respond(log: IncidentLog, responder: Responder, options: RespondOptions): Promise<void> {
  const { choose, onStep } = options;
  if (!log.now.hasFacts) {
    onStep('reading who had the values');
    await log.keepFacts(await responder.facts(log.now));
    const { readers } = await log.facts();
    await log.save(
      { hasFacts: true },
      `froze the facts: ${new Set(readers.map(({ principal }) => principal)).size} readers`,
    );
  }
  if (log.now.related === undefined) {
    onStep('looking for related secrets');
    const related = await responder.related(log.now, await log.facts());
    await log.save({ related }, `found ${related.length} related secrets`);
  }
  if (log.now.isChosen !== true) {
    const named = log.now.named.map((path) => ({ path, because: [] }));
    await include(log, [...named, ...(await choose(log.now.related ?? []))], { isChosen: true });
  }
  const { searched = [], secrets = [] } = log.now;
  const unsearched = secrets.map(({ path }) => path).filter((path) => !searched.includes(path));
  if (unsearched.length > 0) {
    onStep('looking for copies');
    const copies = await responder.copies(unsearched);
    const all = [...(log.now.copies ?? []), ...copies];
    await log.save({ copies: all, searched: [...searched, ...unsearched] }, `found ${copies.length} copies`);
  }
  for (const { path, state } of log.now.secrets ?? []) {
    if (ended.has(state)) continue;
    onStep(`rotating ${path}`);
    await rotateOne(log, responder, path);
  }
  if (log.now.hasLaterFacts !== true && (log.now.secrets ?? []).every(({ state }) => ended.has(state))) {
    onStep('reading who had the values since it began');
    await log.keepFacts(await responder.facts({ ...log.now, since: log.now.startedAt }), 'later');
    await log.save({ hasLaterFacts: true }, 'read who had the values since it began');
  }
  if (log.now.told === undefined) {
    const told = await responder.tell(log.now);
    await log.save({ told }, told === 0 ? 'nobody is configured to be told' : `handed to ${told} channels`);
  }
}

/** Makes the secrets part of the incident, unless they are. */
export async function include(
  log: IncidentLog,
  chosen: readonly RelatedSecret[],
  change: Pick<Incident, 'isChosen'> = {},
): Promise<void> {
  const secrets = log.now.secrets ?? [];
  const added = chosen.filter(({ path }) => secrets.every((secret) => secret.path !== path));
  const all = [...secrets, ...added.map((secret) => ({ ...secret, state: 'open' as const }))];
  await log.save({ ...change, secrets: all }, `is about ${all.map(({ path }) => path).join(', ')}`);
}

async function rotateOne(log: IncidentLog, responder: Responder, path: Path): Promise<void> {
  let became: Omit<IncidentSecret, 'path' | 'because'>;
  let failure: KeywardError | undefined;
  try {
    became = await responder.rotate(path, log.now);
  } catch (error) {
    failure = toKeywardError(error, `rotating ${path}`);
    became = { state: 'failed', failure: failure.code };
  }
  // Also of one that could not be rotated: that may be why.
  const rollouts = await responder.rollouts(path).catch(() => []);
  const secrets = (log.now.secrets ?? []).map((secret) =>
    secret.path === path
      ? { path, because: secret.because, ...became, ...(rollouts.length > 0 && { rollouts }) }
      : secret,
  );
  await log.save({ secrets }, whatBecame(path, became));
}

function whatBecame(path: Path, { state, isRefused, failure }: Omit<IncidentSecret, 'path' | 'because'>): string {
  if (state === 'failed') return `could not rotate ${path} (${failure})`;
  if (state === 'manual') return `left ${path} to a person: nothing rotates it`;
  if (state === 'waiting') return `rotated ${path}; its former value is accepted for now`;
  return isRefused === true ? `rotated ${path}; its former value is refused` : `rotated ${path}`;
}
