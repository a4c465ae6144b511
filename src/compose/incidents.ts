import { type Clock, systemClock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import { expandPaths } from '../core/expand-paths.js';
import type { Finding } from '../core/finding.js';
import type { Path } from '../core/path.js';
import { fieldsOf } from '../core/payload.js';
import { Secret } from '../core/secret.js';
import { userName } from '../host/user-name.js';
import { readersOf } from '../lifecycle/access/readers.js';
import type { RecordedAccess } from '../lifecycle/access/recorded-access.js';
import {
  type Answered,
  type Facts,
  type Incident,
  type IncidentSecret,
  tasksOf,
} from '../lifecycle/incident/incident.js';
import { IncidentLog, type IncidentParts, listIncidents } from '../lifecycle/incident/incident-log.js';
import { relatedTo } from '../lifecycle/incident/related.js';
import { type Responder, type RespondOptions, respond } from '../lifecycle/incident/respond.js';
import { isFinished } from '../lifecycle/rotation/machine.js';
import { createLogRedactor } from '../redaction/log-redactor.js';
import { type AccessRecordsOptions, readAccessRecords } from './access-records.js';
import { openRotations, type Rotations } from './rotations.js';
import { copiesOf, knownSecrets, valuesIn } from './survey-secrets.js';
import type { Workspace } from './workspace.js';

/** The incidents of a store. */
export interface Incidents {
  /** Of every project, the earliest first. */
  list(): Promise<readonly Incident[]>;
  /** @param id absent for the last one of this project and environment. @throws KeywardError `not_found` */
  open(id: string | undefined): Promise<IncidentLog>;
  begin(about: IncidentBeginning): Promise<IncidentLog>;
  /** Who had which secret of the project, as the records say it now. */
  facts(isWanted: (access: RecordedAccess) => boolean, since?: number): Promise<Facts>;
  /** Notes that somebody has done a task. @throws KeywardError `not_found` for one that the incident does not have. */
  answer(log: IncidentLog, task: string, answer: Omit<Answered, 'at'>): Promise<void>;
  /** Adds what the further files say, for an incident whose facts are frozen already. */
  handIn(log: IncidentLog): Promise<void>;
  /** Takes the steps that are left. @throws KeywardError as `respond` of lifecycle/incident */
  respond(log: IncidentLog, options: RespondOptions): Promise<void>;
}

export interface IncidentBeginning extends Pick<Incident, 'kind' | 'principal' | 'reason' | 'since' | 'skipGrace'> {
  /** Paths, and patterns over the inventory. */
  readonly names: readonly string[];
}

export interface IncidentsOptions extends Pick<AccessRecordsOptions, 'env' | 'home' | 'files'> {
  readonly clock?: Clock | undefined;
  readonly onFinding: (finding: Finding) => void;
}

/** Incidents are kept in Keyward's own store, whichever store holds the secrets. @throws KeywardError `config` for none */
export async function openIncidents(workspace: Workspace, options: IncidentsOptions): Promise<Incidents> {
  const { clock = systemClock } = options;
  const { config, providers } = workspace;
  const { client } = await workspace.store();
  const parts: IncidentParts = { records: client.records, clock, by: userName() };
  const facts = async (isWanted: (access: RecordedAccess) => boolean, since?: number, isFilesOnly = false) => {
    const wanted = (access: RecordedAccess) => access.time.getTime() >= (since ?? 0) && isWanted(access);
    const read = { ...options, isWanted: wanted, isFilesOnly };
    const { accesses, gaps, sources } = await readAccessRecords(workspace, read);
    const readers = readersOf(accesses).map((reader) => ({
      ...reader,
      first: reader.first.toISOString(),
      last: reader.last.toISOString(),
    }));
    return {
      at: new Date(clock.now()).toISOString(),
      since: since === undefined ? undefined : new Date(since).toISOString(),
      readers,
      gaps,
      sources: sources.map(({ where, beginsAt }) => ({ where, beginsAt: beginsAt?.toISOString() })),
    };
  };
  // Of related ones too: who reads both is what makes them related.
  const factsOf = ({ since, named, startedAt }: Incident, isFilesOnly = false) => {
    const known = new Set<string>([...named, ...config.inventory.keys()]);
    return facts(({ path, source, time }) => known.has(path) && !isOwn(source, time, startedAt), since, isFilesOnly);
  };
  const responder: Responder = {
    facts: factsOf,
    related: async ({ named }, { readers }) => relatedTo(named, await knownSecrets(workspace, named), readers),
    copies: (paths) => copiesOf(workspace, paths),
    rotate: async (path, incident) =>
      rotateFor(await openRotations(workspace, { env: options.env, clock }), path, incident),
    rollouts: async (path) => {
      const rotations = await openRotations(workspace, { env: options.env, clock });
      return rotations.paths.includes(path) ? rotations.rollouts(path) : [];
    },
    tell: (incident) => tell(workspace, { ...options, clock }, incident),
  };
  return {
    list: () => listIncidents(client.records),
    open: async (id) => {
      if (id !== undefined) return IncidentLog.open(parts, id);
      const { project, environment } = config;
      const isHere = (one: Incident) => one.project === project && one.environment === environment;
      return IncidentLog.open(parts, (await listIncidents(client.records)).findLast(isHere)?.id ?? '');
    },
    answer: async (log, task, { by, note }) => {
      if (tasksOf(log.now).every(({ id }) => id !== task)) {
        throw new KeywardError('not_found', 'the incident has no such task', {
          advice: `See: keyward incident status ${log.now.id}`,
        });
      }
      const paths = (log.now.secrets ?? []).map(({ path }) => path);
      const masked = (text: string | undefined) => withoutValues(workspace, paths, text);
      const answered = { by: (await masked(by)) ?? '', at: clock.now(), note: await masked(note) };
      await log.save({ answers: { ...log.now.answers, [task]: answered } }, `${answered.by} did ${task}`);
    },
    begin: async ({ names, reason, ...about }) => {
      const startedAt = clock.now();
      const named = expandPaths(names, [...config.inventory.keys()]);
      if (about.kind === 'leak') await assertKnown(workspace, named);
      return IncidentLog.begin(parts, {
        ...about,
        startedAt,
        reason: await withoutValues(workspace, named, reason),
        project: config.project,
        environment: config.environment,
        named,
        upstream: providers.filter(({ kind, traits }) => traits.managed && kind !== 'keyward').map(({ name }) => name),
      });
    },
    facts,
    handIn: async (log) => log.handIn(await factsOf(log.now, true)),
    respond: (log, respondOptions) => respond(log, responder, respondOptions),
  };
}

/** Answers by how many channels; who is told keeps what a message holds, so it names secrets and no more. */
async function tell(
  workspace: Workspace,
  options: Pick<IncidentsOptions, 'onFinding'> & { readonly clock: Clock },
  { id, kind, startedAt, project, environment, secrets = [] }: Incident,
): Promise<number> {
  const { notifications } = workspace.config;
  if (notifications?.on.includes('incident') !== true) return 0;
  const { openNotifier } = await import('./notifications.js');
  const paths = secrets.map(({ path }) => path).join(', ');
  await (await openNotifier(workspace, options)).notify({
    kind: 'incident',
    project,
    environment,
    atMs: startedAt,
    text: kind === 'leak' ? `leaked: ${paths}` : `somebody leaves who had read ${paths}`,
    next: `keyward incident status ${id}`,
    key: id,
  });
  return Object.keys(notifications.channels).length;
}

/** What this process reads for the incident itself. */
function isOwn(source: string, time: Date, startedAt: number): boolean {
  return source === `local:${process.pid}` && time.getTime() >= startedAt;
}

/** The line with the present values of the secrets masked. @throws KeywardError `invalid` for what is no line. */
async function withoutValues({ providers }: Workspace, paths: readonly Path[], text: string | undefined) {
  if (text === undefined) return undefined;
  const held = [...(await valuesIn(providers, paths)).values()].flat();
  const values = held.flatMap(({ payload }) => [...fieldsOf(payload).values()].map((field) => Secret.of(field)));
  return createLogRedactor({ values: () => values }).redactText(lineOf(text));
}

function lineOf(text: string): string {
  if (/^[^\p{Cc}\p{Bidi_Control}\u2028\u2029]{1,500}$/u.test(text)) return text;
  throw new KeywardError('invalid', 'a text of an incident is one line of at most 500 characters');
}

/** One that was under way before is ended first: what it made may have leaked too. */
async function rotateFor(
  rotations: Rotations,
  path: Path,
  { id, skipGrace }: Incident,
): Promise<Omit<IncidentSecret, 'path' | 'because'>> {
  if (!rotations.paths.includes(path) || (await rotations.isGuided(path))) return { state: 'manual' };
  const emergency = { incident: id, skipGrace };
  const go = (intent: 'start' | 'resume') => rotations.rotate(path, intent, { emergency });
  const before = await rotations.status(path);
  if (before.next === 'absent') return { state: 'failed', failure: 'not_found' };
  const isOurs = before.incident === id && before.state !== 'rolled_back';
  if (isOurs && isFinished(before.state)) return { state: 'done', isRefused: before.isRefused };
  const resumed = isFinished(before.state) ? undefined : await go('resume');
  const isNext = resumed === undefined || (!isOurs && isFinished(resumed.state));
  const { state, waitUntil, isRefused } = isNext ? await go('start') : resumed;
  return isFinished(state) ? { state: 'done', isRefused } : { state: 'waiting', waitUntil };
}

/** @throws KeywardError `not_found` for a path that no inventory and no store knows: it may be a slip. */
async function assertKnown({ config, providers }: Workspace, paths: readonly Path[]): Promise<void> {
  for (const path of paths.filter((one) => !config.inventory.has(one))) {
    const asked = providers.filter(({ capabilities }) => capabilities.has('describe'));
    const found = await Promise.all(asked.map((provider) => provider.describe(path).catch(() => 'unknown')));
    if (found.every((description) => description === undefined)) {
      throw new KeywardError('not_found', `${path} is in no store of the chain, and keyward.yaml does not list it`, {
        path,
      });
    }
  }
}
