import type { Path } from '../../core/path.js';
import type { Reader } from '../access/readers.js';
import type { RecordGap } from '../access/recorded-access.js';

/** Who had the values, as the records said it when the incident began. */
export interface Facts {
  readonly at: string;
  /** From when on; `undefined` for as long as the records go back. */
  readonly since: string | undefined;
  readonly readers: readonly FrozenReader[];
  readonly gaps: readonly RecordGap[];
  readonly sources: readonly { readonly where: string; readonly beginsAt: string | undefined }[];
}

export type FrozenReader = Omit<Reader, 'first' | 'last'> & { readonly first: string; readonly last: string };

/** A secret that is likely to be lost with the others, and why. */
export interface RelatedSecret {
  readonly path: Path;
  readonly because: readonly string[];
}

/** Another place that has the value of a secret. */
export interface KnownCopy {
  readonly path: Path;
  readonly where: string;
}

/** What became of a secret. `manual`: nothing rotates it but a person. */
export type SecretState = 'open' | 'waiting' | 'done' | 'failed' | 'manual';

export interface IncidentSecret {
  readonly path: Path;
  readonly state: SecretState;
  /** Why it belongs to the incident; empty for one that was named. */
  readonly because: readonly string[];
  /** Until when the former value is accepted, in milliseconds. */
  readonly waitUntil?: number | undefined;
  /** Whether the target was seen to refuse the former value; `undefined` when nothing beyond the store accepts it. */
  readonly isRefused?: boolean | undefined;
  /** Code of the error. */
  readonly failure?: string | undefined;
  /** How far the new value was brought to its consumers, in their order; absent where no roll-out is configured. */
  readonly rollouts?: readonly KnownRollout[] | undefined;
}

export interface KnownRollout {
  readonly name: string;
  readonly state: 'idle' | 'begun' | 'brought' | 'taken back';
}

/** Somebody's word that something was done. */
export interface Answered {
  readonly by: string;
  readonly at: number;
  readonly note?: string | undefined;
}

export interface IncidentEvent {
  readonly at: number;
  readonly by: string;
  readonly what: string;
}

/** All that is written down of an incident besides its facts. It holds no value. */
export interface Incident {
  readonly id: string;
  readonly kind: 'leak' | 'offboarding';
  /** Who leaves. */
  readonly principal?: string | undefined;
  readonly reason?: string | undefined;
  readonly project?: string | undefined;
  readonly environment: string;
  readonly startedAt: number;
  readonly startedBy: string;
  readonly since?: number | undefined;
  readonly skipGrace: boolean;
  readonly named: readonly Path[];
  readonly hasFacts: boolean;
  /** Names of the facts from records that were handed in after it began. */
  readonly handedIn?: readonly string[] | undefined;
  /** Whether it is known who had the values until they were replaced. */
  readonly hasLaterFacts?: boolean | undefined;
  readonly related?: readonly RelatedSecret[] | undefined;
  /** Named and chosen ones. */
  readonly secrets?: readonly IncidentSecret[] | undefined;
  /** Whether it was decided which of the related secrets belong to it. */
  readonly isChosen?: boolean | undefined;
  readonly copies?: readonly KnownCopy[] | undefined;
  /** The secrets whose copies were looked for, which is done before they are rotated. */
  readonly searched?: readonly Path[] | undefined;
  /** Over how many channels people are told; absent before. */
  readonly told?: number | undefined;
  /** Stores that keep records of their own. */
  readonly upstream: readonly string[];
  /** By the id of the task. */
  readonly answers: Readonly<Record<string, Answered>>;
  readonly events: readonly IncidentEvent[];
  readonly closedAt?: number | undefined;
}

/** Something that is left to be done. */
export interface IncidentTask {
  readonly id: string;
  readonly text: string;
  /** The command that does it; a person says that they have done it where there is none. */
  readonly next?: string | undefined;
  readonly answer?: Answered | undefined;
}

/** Every task of the incident, in the order in which they are to be done. */
export function tasksOf(incident: Incident): readonly IncidentTask[] {
  const { principal, secrets = [], copies = [], related = [], told, upstream, answers } = incident;
  const isIn = new Set(secrets.map(({ path }) => path));
  const left = related.filter(({ path }) => !isIn.has(path)).map(({ path }) => path);
  const tasks: IncidentTask[] = [
    ...(principal === undefined ? [] : tasksOfLeaving(principal)),
    ...secrets.flatMap((secret) => tasksOfSecret(secret, incident)),
    ...(left.length === 0 ? [] : [{ id: 'related', text: `rotate these too, or say why not: ${left.join(', ')}` }]),
    ...copies.map(({ path, where }) => ({
      id: `copy:${path}:${where}`,
      text: `take the former value of ${path} out of ${where}`,
    })),
    { id: 'review', text: 'go through who had the values, and say what was not authorised' },
    ...(upstream.length === 0
      ? []
      : [
          {
            id: 'upstream',
            text: `look into the audit logs of ${upstream.join(', ')}: not every reader came through Keyward; --records reads those of Vault and AWS`,
          },
        ]),
    ...(told === 0 ? [{ id: 'notify', text: 'tell the security team and the owners' }] : []),
    { id: 'consumers', text: `see that everything that uses the values has the new ones${rolledOut(secrets)}` },
    { id: 'procedures', text: 'update the procedures, so that it does not happen again' },
  ];
  return tasks.map((task) => ({ ...task, answer: answers[task.id] }));
}

export function openTasks(incident: Incident): readonly IncidentTask[] {
  return tasksOf(incident).filter(({ answer }) => answer === undefined);
}

function rolledOut(secrets: readonly IncidentSecret[]): string {
  const told = secrets.flatMap(({ path, rollouts = [] }) =>
    rollouts.map(({ name, state }) => `${path} ${name}: ${state}`),
  );
  return told.length === 0 ? '' : `, also beyond the roll-outs (${told.join(', ')})`;
}

function tasksOfLeaving(principal: string): IncidentTask[] {
  return [
    {
      id: 'slots',
      text: `take away the slots by which ${principal} opens the store: they have no names of people`,
      next: 'keyward slot remove <slot> --compromised',
    },
    { id: 'accounts', text: `take away the accounts of ${principal} at stores, services and machines` },
  ];
}

function tasksOfSecret(
  { path, state, isRefused, waitUntil, failure }: IncidentSecret,
  { id }: Incident,
): IncidentTask[] {
  const next = `keyward incident resume ${id}`;
  const rotate = `rotate:${path}`;
  if (state === 'open') return [{ id: rotate, text: `rotate ${path}`, next }];
  if (state === 'failed') return [{ id: rotate, text: `rotate ${path}: the last attempt failed (${failure})`, next }];
  if (state === 'waiting') {
    const until = waitUntil === undefined ? '' : ` after ${new Date(waitUntil).toISOString()}`;
    return [{ id: rotate, text: `take the former value of ${path} back${until}`, next }];
  }
  const revoke = {
    id: `revoke:${path}`,
    text: `take the former value of ${path} back wherever it is accepted, and see that it is refused`,
  };
  if (state === 'manual')
    return [{ id: rotate, text: `make a new value of ${path}, with keyward rotate or keyward set` }, revoke];
  return isRefused === true ? [] : [revoke];
}
