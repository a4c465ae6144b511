import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { type Clock, systemClock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import type { InventoryEntry } from '../core/inventory.js';
import type { Path } from '../core/path.js';
import { valueField } from '../core/payload.js';
import type { Provider } from '../core/provider.js';
import type { Secret } from '../core/secret.js';
import { userName } from '../host/user-name.js';
import { isLine } from '../lifecycle/inventory/attestations.js';
import {
  type RotationStatus,
  rotationStatus,
  rotationStatuses,
  type ScheduledSecret,
  type UnknownStatus,
} from '../lifecycle/rotation/due.js';
import { withGivenValue } from '../lifecycle/rotation/given-value.js';
import { minimumGraceMs, spreadMs } from '../lifecycle/rotation/grace.js';
import { currentHolder, type Journal, newJournal, readJournal } from '../lifecycle/rotation/journal.js';
import { isFinished } from '../lifecycle/rotation/machine.js';
import { Pauses, pausedUntil } from '../lifecycle/rotation/pauses.js';
import type { PlannedRollout } from '../lifecycle/rotation/rollouts/run-rollouts.js';
import type { OnStep, Rotating, RotationIntent, RotationParts, WhenUnused } from '../lifecycle/rotation/rotating.js';
import { rotate, standingOf } from '../lifecycle/rotation/rotation.js';
import { type LoggedRotation, RotationLog } from '../lifecycle/rotation/rotation-log.js';
import type { Credential, PersonTask, Rotator } from '../lifecycle/rotation/rotators/rotator.js';
import type { RotatorContext } from '../lifecycle/rotation/rotators/rotator-kind.js';
import { waitAnew } from '../lifecycle/rotation/waits.js';
import type { Config } from './config.js';
import { firstDescription } from './first-description.js';
import { plannedRollouts } from './planned-rollouts.js';
import { rotatorKinds } from './rotator-registry.js';
import { readUsers, type SecretUsers } from './secret-users.js';
import type { Workspace } from './workspace.js';

/** How long a former value that is in use works on, unless the configuration says it. */
const defaultLongestMs = 14 * 86_400_000;
const ownSource = `local:${process.pid}`;

/** The rotations of a project: of what its inventory gives a rotator, in its one write target. */
export interface Rotations {
  /** In the order of the inventory. */
  readonly paths: readonly Path[];
  /** @throws KeywardError `config` for a path without a rotator; as the stores. */
  status(path: Path): Promise<RotationStatus>;
  /** Where each of the paths stands, in their order, or why that is not known: in few calls, however many they are. */
  statuses(paths: readonly Path[]): Promise<readonly (RotationStatus | UnknownStatus)[]>;
  /**
   * Where that stands which has a schedule and no rotator: as the first link of the chain says that knows of it.
   *
   * @throws KeywardError as the records.
   */
  byHand(): Promise<readonly (RotationStatus | UnknownStatus)[]>;
  /** What somebody halted in this environment. */
  readonly pauses: Pauses;
  /** What was done in the rotations of the path in this environment, the earliest first. */
  log(path: Path): Promise<readonly LoggedRotation[]>;
  /** Who reads the path, as the records of this machine say it. @throws KeywardError as `status`. */
  users(path: Path): Promise<SecretUsers>;
  /** How far the roll-outs of the path have come, in their order. @throws KeywardError as `status`. */
  rollouts(path: Path): Promise<readonly RolloutStatus[]>;
  /** @throws KeywardError `config` for a path without a rotator; as `rotate`. */
  rotate(path: Path, intent: RotationIntent, options?: RotateOptions): Promise<Journal>;
  /** Whether people carry out the rotations of the path. */
  isGuided(path: Path): Promise<boolean>;
  /**
   * Asks the target of the path about the value that the chain gives, and changes nothing.
   *
   * @throws KeywardError as `Rotator.test`; as the chain.
   */
  probe(path: Path): Promise<Probed>;
  /** What a person has to do next, `undefined` when nothing, or not yet. @throws KeywardError as `rotate`. */
  task(path: Path): Promise<PersonTask | undefined>;
  /** Notes that a person has done what is to be done next. @throws KeywardError `conflict` for anything else. */
  confirm(path: Path, name: string): Promise<void>;
}

/** `rotating`: a target that takes one value at a time may have another one, for as long as a rotation is under way. */
export type Probed = 'accepted' | 'rotating' | 'no live test';

export interface RotateOptions {
  readonly onStep?: OnStep | undefined;
  /** What a person gives for the new credential. */
  readonly entered?: Credential | undefined;
  /** The new value, instead of one that is made; for a rotator that makes a single value. */
  readonly value?: Secret | undefined;
  /** Of the status of what is due. */
  readonly plannedFor?: number | undefined;
  /** Once it is aborted, no further step is begun. */
  readonly signal?: AbortSignal | undefined;
  readonly emergency?: Emergency | undefined;
}

/** A rotation for an incident. */
export interface Emergency {
  readonly incident: string;
  /** The former value stops working at once, for consumers too that have no other one yet. */
  readonly skipGrace: boolean;
}

export interface RolloutStatus {
  readonly name: string;
  /** `idle`: there is nothing to bring now, or it is not its turn yet. `brought`: its consumers have the new value. */
  readonly state: 'idle' | 'begun' | 'brought' | 'taken back';
}

export interface RotationsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock | undefined;
  /** Holds the file of the access log; the home of the user unless it is given. */
  readonly home?: string | undefined;
  /** Who rotates, for the log; the user of this process unless it is given. */
  readonly by?: string | undefined;
}

/**
 * Journals and the values of rotations that are under way are kept in Keyward's own store, whichever store holds the
 * secrets.
 *
 * @throws KeywardError `config` when there is none, or nothing can be written to.
 */
export async function openRotations(
  workspace: Workspace,
  { env, clock = systemClock, home = env['HOME'] || homedir(), by = userName() }: RotationsOptions,
): Promise<Rotations> {
  const { config } = workspace;
  if (!isLine(by))
    throw new KeywardError('invalid', 'who rotates is named in one line', { advice: 'Write --by anna.' });
  const provider = workspace.writeTarget();
  const { client, storeId } = await workspace.store();
  const { records } = client;
  const parts: RotationParts = { records, provider, clock, by, owner: storeId, holder: currentHolder() };
  const entryOf = (path: Path): InventoryEntry => {
    const entry = config.inventory.get(path);
    if (entry?.rotator !== undefined) return entry;
    throw new KeywardError('config', `${path} has no \`rotator:\` in the inventory`, {
      path,
      advice: 'Add one in keyward.yaml (docs/guide/rotation.md), or write a new value with keyward set.',
    });
  };
  const fieldsOf = (path: string) => workspace.secrets.getAll(path);
  const nameOf = (path: Path) => recordName(workspace, provider, path);
  const logOf = (path: Path, environment = config.environment) =>
    new RotationLog(parts, logNameOf(config, environment, path));
  const readUsersOf = async (path: Path, journal: Pick<Journal, 'former' | 'lastRotated'> | undefined) => {
    const { former: version, lastRotated } = journal ?? {};
    const former = lastRotated === undefined ? undefined : { version, replacedAt: new Date(lastRotated) };
    return readUsers(workspace, { path, provider, former }, { env, home });
  };
  const rotatingOf = async (path: Path, { entered, emergency }: RotateOptions = {}): Promise<Rotating> => {
    const entry = entryOf(path);
    const { connections = 0, grace, retire, longest = defaultLongestMs } = entry.rotator ?? {};
    const { environment, folder } = config;
    const isStaged = async (first: string) =>
      wasTestedSince((await readJournal(records, nameOf(path)))?.lastRotated, await logOf(path, first).last());
    const context = {
      fields: entry.fields,
      environment,
      folder,
      env,
      clock,
      log: logOf(path),
      entered,
      isStaged,
      fieldsOf,
    };
    const rotator = await rotatorOf(entry, context);
    const least = Math.max(minimumGraceMs({ ...config.cache, connectionsMs: connections }), rotator.graceMs ?? 0);
    const logName = logNameOf(config, environment, path);
    const rollouts = await plannedRollouts(entry.rollouts ?? [], context);
    const waits = { graceMs: grace ?? least, spreadMs: spreadMs(config.cache) };
    const isAtOnce = emergency?.skipGrace === true;
    const whenUnused: WhenUnused = {
      longestMs: longest,
      users: async (former, lastRotated) => {
        const { users } = await readUsersOf(path, { former, lastRotated });
        return users.flatMap(({ principal, source, hasFormer, isRunning }) =>
          hasFormer && isRunning && source !== ownSource ? [`${principal} (${source})`] : [],
        );
      },
    };
    return {
      ...{ path, name: nameOf(path), logName, rotator, rollouts, incident: emergency?.incident },
      ...(isAtOnce ? { graceMs: 0, spreadMs: 0 } : waits),
      whenUnused: retire === 'when-unused' && !isAtOnce ? whenUnused : undefined,
    };
  };
  const taskOf = async ({ name, path, rotator }: Rotating) => {
    const journal = (await readJournal(records, name)) ?? newJournal(path);
    return rotator.task?.(standingOf(rotator.kind, journal));
  };
  const pauses = new Pauses(records, `rotation-pauses/${digestOf([config.project ?? null, config.environment])}`);
  const known = new Map<Path, ScheduledSecret>();
  const scheduled = async (entries: readonly InventoryEntry[]): Promise<readonly ScheduledSecret[]> => {
    const untilOf = pausedUntil(await pauses.all(clock.now()));
    return entries.map((entry) => {
      const { path } = entry;
      const secret = known.get(path) ?? scheduledSecret(entry, nameOf(path));
      known.set(path, secret);
      const ends = [untilOf(path), secret.pausedUntil].filter((until) => until !== undefined);
      return { ...secret, pausedUntil: ends.length === 0 ? undefined : Math.max(...ends) };
    });
  };
  return {
    paths: [...config.inventory.values()].filter(({ rotator }) => rotator !== undefined).map(({ path }) => path),
    status: async (path) => {
      const entry = entryOf(path);
      const [secret = scheduledSecret(entry, nameOf(path))] = await scheduled([entry]);
      return rotationStatus(parts, secret);
    },
    statuses: async (paths) => rotationStatuses(parts, await scheduled(paths.map(entryOf))),
    byHand: async () => {
      const entries = [...config.inventory.values()].filter(({ rotate, rotator }) => rotate && rotator === undefined);
      const chain = firstDescription(workspace.providers);
      return rotationStatuses({ records, clock, provider: chain }, await scheduled(entries));
    },
    pauses,
    rollouts: async (path) => {
      const { name, rollouts = [] } = await rotatingOf(path);
      return rolloutStatuses(rollouts, await readJournal(records, name));
    },
    users: async (path) => {
      const { path: known } = entryOf(path);
      return readUsersOf(known, await readJournal(records, nameOf(known)));
    },
    log: (path) => logOf(path).all(),
    async rotate(path, intent, options = {}) {
      const { onStep, value, plannedFor, signal } = options;
      const found = await rotatingOf(path, options);
      const rotator = value === undefined ? found.rotator : withGivenValue(found.rotator, path, value);
      return rotate(parts, { ...found, rotator, plannedFor, signal }, intent, onStep);
    },
    isGuided: async (path) => (await rotatingOf(path)).rotator.task !== undefined,
    async probe(path) {
      const { name, rotator } = await rotatingOf(path);
      if (!rotator.hasTarget) return 'no live test';
      const { state } = (await readJournal(records, name)) ?? newJournal(path);
      if (rotator.kind !== 'overlap' && !isFinished(state)) return 'rotating';
      const credential = new Map(Object.entries(await fieldsOf(path)));
      if (rotator.probe !== undefined) return (await rotator.probe(credential)) ? 'accepted' : 'no live test';
      await rotator.test(credential);
      return 'accepted';
    },
    task: async (path) => taskOf(await rotatingOf(path)),
    async confirm(path, name) {
      const rotating = await rotatingOf(path);
      const task = await taskOf(rotating);
      // What is entered is seen in the log as stored.
      if (task?.name !== name || name === 'enter') throw notNow(path, task);
      // What is verified is watched for the whole time.
      if (name === 'verify') await waitAnew(parts, rotating);
      await logOf(path).note(name);
    },
  };
}

function rolloutStatuses(planned: readonly PlannedRollout[], journal: Journal | undefined): readonly RolloutStatus[] {
  const { begun = [], done = [] } = journal?.rollouts ?? {};
  const isBack = journal?.state === 'rolling_back' || journal?.state === 'restored';
  return planned.map(({ rollout: { name } }) => {
    if (!begun.includes(name)) return { name, state: 'idle' };
    if (!done.includes(name)) return { name, state: 'begun' };
    return { name, state: isBack ? 'taken back' : 'brought' };
  });
}

function notNow(path: Path, task: PersonTask | undefined): KeywardError {
  const next = task === undefined ? 'nothing is to be confirmed now' : `what is to be done next is ${task.name}`;
  return new KeywardError('conflict', `this cannot be confirmed for ${path}: ${next}`, {
    path,
    advice: `See where it stands with: keyward rotate ${path}`,
  });
}

/** Whether the rotation came as far as to a tested value, later than that. */
function wasTestedSince(sinceMs = 0, last: LoggedRotation | undefined): boolean {
  const steps = last?.steps ?? [];
  const promoted = steps.findLast(({ step }) => step === 'promote' || step === 'undo');
  return promoted?.step === 'promote' && promoted.at > sinceMs;
}

function scheduledSecret({ path, rotate: schedule }: InventoryEntry, name: string): ScheduledSecret {
  const { paused } = schedule ?? {};
  // The name is a digest, so that secrets are spread evenly, and in the same way by every process.
  const place = Number.parseInt(name.slice(-12), 16) / 16 ** 12;
  return { path, name, schedule, place, pausedUntil: paused === true ? Number.POSITIVE_INFINITY : paused };
}

/** One log of a secret in each environment, whichever stores held it. */
function logNameOf({ project }: Config, environment: string, path: Path): string {
  return `rotation-log/${digestOf([project ?? null, environment, path])}`;
}

/** The same secret of another project, environment or store has a journal of its own. */
function recordName({ config, pathInStore }: Workspace, { name, kind, traits }: Provider, path: Path): string {
  const place = kind === 'keyward' ? pathInStore(path) : traits.origin;
  const identity = [config.project ?? null, config.environment, name, kind, place ?? null, path];
  return `rotation/${digestOf(identity)}`;
}

function digestOf(identity: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}

async function rotatorOf(
  { path, rotator }: InventoryEntry,
  context: Omit<RotatorContext, 'path' | 'field'>,
): Promise<Rotator> {
  const kind = rotator && rotatorKinds.get(rotator.driver);
  if (rotator === undefined || kind === undefined) throw new KeywardError('config', `${path} has no rotator`, { path });
  return kind.create(rotator.options, { ...context, path, field: rotator.field ?? valueField });
}
