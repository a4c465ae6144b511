import type { Rotations } from '../compose/rotations.js';
import { KeywardError } from '../core/errors.js';
import type { Path } from '../core/path.js';
import { payloadText } from '../core/payload.js';
import { formatRef, parseField } from '../core/ref.js';
import { Secret } from '../core/secret.js';
import type { Journal } from '../lifecycle/rotation/journal.js';
import { isFinished } from '../lifecycle/rotation/machine.js';
import type { OnStep, RotationIntent } from '../lifecycle/rotation/rotating.js';
import type { PersonTask } from '../lifecycle/rotation/rotators/rotator.js';
import { type Invocation, listOption } from './command.js';
import { canAsk, confirm } from './prompt.js';
import { readValue, type ValueSource } from './value-source.js';

/** How far a rotation came that people carry out. */
export interface Guided {
  /** Absent when nothing could be done. */
  readonly journal: Journal | undefined;
  /** What a person has to do before it goes on; absent when it is at its end or waits for the clock. */
  readonly task: PersonTask | undefined;
}

/** Whether the options are those of a rotation that people carry out. */
export function isForPeople(invocation: Invocation): boolean {
  return [...listOption(invocation, 'field'), ...listOption(invocation, 'confirm')].length > 0;
}

/**
 * Goes on with the rotation as far as it can: asks at a terminal, takes what the options give, and stops where a person
 * has to do something elsewhere. Everything that was done is kept, wherever it stops.
 *
 * @throws KeywardError `conflict` for a confirmation of what is not to be done next; as `rotate`.
 */
export async function guideRotation(
  invocation: Invocation,
  rotations: Rotations,
  { path, intent, onStep }: { readonly path: Path; readonly intent: RotationIntent; readonly onStep: OnStep },
): Promise<Guided> {
  let sources = fieldSources(invocation);
  for (const name of listOption(invocation, 'confirm')) await rotations.confirm(path, name);
  const isTurned = intent === 'undo' || intent === 'skip';
  let journal = isTurned ? await rotations.rotate(path, intent, { onStep }) : undefined;
  for (;;) {
    const task = await rotations.task(path);
    const isEntered = task?.name === 'enter' && (sources.size > 0 || canAsk(invocation.io));
    if (task === undefined || isEntered) {
      const entered = isEntered ? await enter(invocation, path, sources, task.fields) : undefined;
      if (isEntered) sources = new Map();
      journal = await rotations.rotate(path, 'due', { onStep, entered });
      const isAtRest = isFinished(journal.state) || (await rotations.task(path)) === undefined;
      if (isAtRest) return allTaken(path, sources, { journal, task: undefined });
    } else if ((task.name === 'create' && sources.size > 0) || (await isDone(invocation, path, task))) {
      await rotations.confirm(path, task.name);
    } else {
      return allTaken(path, sources, { journal, task });
    }
  }
}

/** @throws KeywardError `conflict` when something was entered that could not be taken now. */
function allTaken(path: Path, left: ReadonlyMap<string, ValueSource>, guided: Guided): Guided {
  if (left.size === 0) return guided;
  const next = guided.task === undefined ? 'it waits' : `what is to be done next is ${guided.task.name}`;
  throw new KeywardError('conflict', `no field can be entered for ${path} now, and none was: ${next}`, {
    path,
    advice: `See where it stands with: keyward rotate ${path}`,
  });
}

/** Says what a person has to do, and how to go on then. */
export function showTask({ output }: Invocation, path: Path, { name, title, details, fields = [] }: PersonTask): void {
  const options = name === 'enter' ? fields.map((field) => `--field ${field}=@<file>`).join(' ') : `--confirm ${name}`;
  output.note(`${path}: ${title}`);
  for (const detail of details) output.note(`  - ${detail}`);
  output.note(`  then run: keyward rotate ${path} ${options}`);
}

/** Asks at the terminal; where there is none, it is not done. */
async function isDone({ io, output }: Invocation, path: Path, { title, details }: PersonTask): Promise<boolean> {
  if (!canAsk(io)) return false;
  for (const detail of details) output.note(`  - ${detail}`);
  return (await confirm(io, `${path}: ${title}. Is it done?`)) === true;
}

async function enter(
  invocation: Invocation,
  path: Path,
  given: ReadonlyMap<string, ValueSource>,
  fields: readonly string[] = [],
): Promise<ReadonlyMap<string, Secret>> {
  const sources = given.size > 0 ? given : new Map(fields.map((field) => [field, { kind: 'input' } as const]));
  const entered = new Map<string, Secret>();
  for (const [field, source] of sources) {
    const payload = await readValue(invocation, source, formatRef({ path, field }));
    entered.set(field, Secret.fromText(payloadText(payload)));
  }
  return entered;
}

/**
 * `name` and `name=-` are asked for, or read from standard input; `name=@file` is read from a file.
 *
 * @throws KeywardError `invalid` for anything else; it never repeats a value.
 */
function fieldSources(invocation: Invocation): ReadonlyMap<string, ValueSource> {
  const sources = new Map<string, ValueSource>();
  for (const text of listOption(invocation, 'field')) {
    const [name = '', ...rest] = text.split('=');
    const where = rest.length === 0 ? '-' : rest.join('=');
    if (where !== '-' && !where.startsWith('@')) {
      throw new KeywardError('invalid', '--field takes no value: other programs could see it', {
        advice: 'Give the name alone to be asked for it, name=- for standard input, or name=@file.',
      });
    }
    sources.set(parseField(name), where === '-' ? { kind: 'input' } : { kind: 'file', name: where.slice(1) });
  }
  const fromInput = [...sources.values()].filter(({ kind }) => kind === 'input');
  if (fromInput.length > 1 && !canAsk(invocation.io)) {
    throw new KeywardError('invalid', 'standard input holds one field only', {
      advice: 'Give the others as name=@file, or run it at a terminal.',
    });
  }
  return sources;
}
