import { openRotations, type Rotations } from '../../compose/rotations.js';
import { tellOfRotations } from '../../compose/tell-of-rotations.js';
import type { Workspace } from '../../compose/workspace.js';
import { systemClock } from '../../core/clock.js';
import { KeywardError, toKeywardError } from '../../core/errors.js';
import { expandPaths } from '../../core/expand-paths.js';
import type { Finding } from '../../core/finding.js';
import { type Path, parsePath } from '../../core/path.js';
import { Secret } from '../../core/secret.js';
import type { RotationStatus } from '../../lifecycle/rotation/due.js';
import { type RotationOutcome, rotateDue } from '../../lifecycle/rotation/rotate-due.js';
import type { RotationIntent } from '../../lifecycle/rotation/rotating.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { guideRotation, isForPeople, showTask } from '../guide-rotation.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'rotate',
    summary: 'Replace secrets by new ones without an instant at which none works',
    usage: '[paths...]',
    description: [
      'Makes a new value, lets its target accept it, tests it there, makes it current, and takes the former one back when',
      'nobody can use it any more: then run it again with --resume, or --due from a timer. What takes part is said by the',
      '`rotator:` of each secret in keyward.yaml. Every step is written down before it is taken: after a crash, or an',
      'error, --resume goes on and --rollback goes back.',
      'What people rotate (`rotator: { guided: … }`), such as keys of exchanges, is gone through with them: it asks at a',
      'terminal, says elsewhere what is to be done next, and is gone on with by the same command, in another process too.',
    ],
    options: [
      { flags: '--due', description: 'what it is time for: of the paths, or of everything that has a rotator' },
      { flags: '--resume', description: 'go on with a rotation that is under way' },
      { flags: '--rollback', description: 'take back a rotation that is under way' },
      {
        flags: '--field <name>',
        description: 'of what people rotate, a new field: asked for, or name=- from input, name=@file; repeatable',
        repeatable: true,
      },
      { flags: '--confirm <step>', description: 'a person has done this step; repeatable', repeatable: true },
      { flags: '--by <who>', description: 'who does it, for the log; the user of this process without it' },
      { flags: '--value-from <file>', description: 'the new value is in this file, or - for standard input' },
      { flags: '--watch', description: 'stay, and do what is due at its time; one line of JSON for each thing done' },
      { flags: '--parallel <n>', description: 'with --due and --watch: so many secrets at once; 1 unless it is given' },
      { flags: '--dry-run', description: 'show where each secret stands, and change nothing' },
    ],
    examples: [
      { command: 'keyward rotate app/jwt_secret', explanation: 'now' },
      { command: "keyward rotate 'exchange/*'", explanation: 'every one of them that has a rotator' },
      { command: 'keyward rotate --due', explanation: 'from a timer, every few minutes' },
      { command: 'keyward rotate --due --dry-run', explanation: 'what is due' },
      { command: 'keyward rotate --watch', explanation: 'without a timer, as a service; SIGTERM ends it after a step' },
      { command: 'keyward rotate app/api --value-from -', explanation: 'to a value that you were given' },
      { command: 'keyward rotate exchange/binance --confirm verify', explanation: 'the new key was seen to work' },
      { command: 'keyward rotate app/jwt_secret --rollback', explanation: 'the former value is current again' },
    ],
    exitStatuses: {
      1: 'a person has to do something first (0 with --field and --confirm), or one of several secrets failed',
    },
  },
  run: (invocation) =>
    flagOption(invocation, 'watch')
      ? watch(invocation)
      : withWorkspace(invocation, async (workspace) =>
          run(
            invocation,
            workspace,
            await openRotations(workspace, { env: invocation.io.env, by: textOption(invocation, 'by') }),
          ),
        ),
};

export default command;

async function watch(invocation: Invocation): Promise<number> {
  const others = ['due', 'resume', 'rollback', 'dryRun'].filter((name) => flagOption(invocation, name));
  if (others.length > 0 || isForPeople(invocation) || textOption(invocation, 'valueFrom') !== undefined) {
    throw new KeywardError('invalid', '--watch goes with --parallel and paths, and nothing else');
  }
  const { serveRotations } = await import('../serve-rotations.js');
  return serveRotations(invocation, parallelOption(invocation));
}

async function run(invocation: Invocation, workspace: Workspace, rotations: Rotations): Promise<number> {
  const { output, args } = invocation;
  const intent = intentOf(invocation);
  const named = expandPaths(args, rotations.paths);
  if (named.length === 0 && intent !== 'due') {
    throw new KeywardError('invalid', 'rotate needs the path of a secret, or --due');
  }
  const paths = named.length === 0 ? rotations.paths : named;
  if (flagOption(invocation, 'dryRun')) return showStatus(invocation, rotations, paths);
  if (isForPeople(invocation) && (paths.length !== 1 || intent === 'due')) {
    throw new KeywardError('invalid', '--field and --confirm are for one secret at a time, and not for --due');
  }
  const value = await givenValue(invocation, paths, intent);
  const outcomes =
    intent === 'due'
      ? await due(invocation, workspace, rotations, paths)
      : await each(invocation, rotations, paths, { intent, value });
  const [only] = outcomes;
  if (paths.length === 1 && only?.error !== undefined) throw only.error;
  if (output.json) output.document(outcomes.map(described));
  for (const outcome of outcomes) report(invocation, outcome);
  // Who says what was done has had it noted; who asks is told that it is not at its end.
  const isAsked = intent !== 'due' && !isForPeople(invocation);
  return outcomes.some(({ error, task }) => error !== undefined || (task !== undefined && isAsked)) ? 1 : 0;
}

interface Wanted {
  readonly intent: RotationIntent;
  readonly value: Secret | undefined;
}

async function rotateOne(invocation: Invocation, rotations: Rotations, path: Path, { intent, value }: Wanted) {
  const onStep = (step: string, rollout = '') => invocation.output.note(`${path}: ${step} ${rollout}`.trimEnd());
  const isGuided = await rotations.isGuided(path);
  if (isGuided && value !== undefined) {
    throw new KeywardError('invalid', `${path} is rotated by people, who give its fields with --field`, { path });
  }
  if (isGuided) return guideRotation(invocation, rotations, { path, intent, onStep });
  if (isForPeople(invocation)) {
    throw new KeywardError('invalid', `${path} is not rotated by people, and takes no --field and no --confirm`, {
      path,
    });
  }
  return { journal: await rotations.rotate(path, intent, { onStep, value }) };
}

/** @throws KeywardError `invalid` */
function intentOf(invocation: Invocation): RotationIntent {
  const intents = { due: 'due', resume: 'resume', rollback: 'undo' } as const;
  const given = Object.entries(intents).filter(([name]) => flagOption(invocation, name));
  if (given.length > 1) throw new KeywardError('invalid', 'only one of --due, --resume and --rollback can be meant');
  return given[0]?.[1] ?? 'start';
}

/** @throws KeywardError `invalid` */
function parallelOption(invocation: Invocation): number {
  const text = textOption(invocation, 'parallel') ?? '1';
  if (/^(?:[1-9]|[1-5]\d|6[0-4])$/.test(text)) return Number(text);
  throw new KeywardError('invalid', '--parallel takes a number from 1 to 64');
}

/** The value that a person gives, never as an argument. @throws KeywardError `invalid` */
async function givenValue(
  invocation: Invocation,
  [path = parsePath('value'), ...others]: readonly Path[],
  intent: RotationIntent,
): Promise<Secret | undefined> {
  const name = textOption(invocation, 'valueFrom');
  if (name === undefined) return undefined;
  if (others.length > 0 || intent !== 'start') {
    throw new KeywardError('invalid', '--value-from begins the rotation of one secret');
  }
  const { readValue } = await import('../value-source.js');
  return Secret.of(await readValue(invocation, name === '-' ? { kind: 'input' } : { kind: 'file', name }, path));
}

async function due(invocation: Invocation, workspace: Workspace, rotations: Rotations, paths: readonly Path[]) {
  const { output } = invocation;
  const statuses = await rotations.statuses(paths);
  const outcomes = await rotateDue(statuses, {
    rotate: async (path, onStep, plannedFor) => ({
      journal: await rotations.rotate(path, 'due', { onStep, plannedFor }),
      task: (await rotations.isGuided(path)) ? await rotations.task(path) : undefined,
    }),
    onStep: (path, step, rollout = '') => output.note(`${path}: ${step} ${rollout}`.trimEnd()),
    onAbsent: (path) => output.finding(absentFinding(path)),
    parallel: parallelOption(invocation),
  });
  const tell = await tellOfRotations(workspace, rotations, {
    onFinding: (finding) => output.finding(finding),
    clock: systemClock,
    isAll: invocation.args.length === 0,
  });
  await tell(statuses, outcomes);
  return outcomes;
}

async function each(
  invocation: Invocation,
  rotations: Rotations,
  paths: readonly Path[],
  wanted: Wanted,
): Promise<readonly RotationOutcome[]> {
  const outcomes: RotationOutcome[] = [];
  for (const path of paths) {
    try {
      outcomes.push({ path, ...(await rotateOne(invocation, rotations, path, wanted)) });
    } catch (error) {
      outcomes.push({ path, error: toKeywardError(error, `rotating ${path}`, { path }) });
    }
  }
  return outcomes;
}

function absentFinding(path: Path): Finding {
  return {
    severity: 'warning',
    where: path,
    cause: 'there is nothing to rotate',
    fix: `Make it with: keyward rotate ${path}`,
  };
}

async function showStatus({ output }: Invocation, rotations: Rotations, paths: readonly Path[]): Promise<number> {
  const statuses: RotationStatus[] = [];
  for (const path of paths) statuses.push(await rotations.status(path));
  if (output.json) output.document(statuses);
  else output.table(statuses.map(statusRow));
  return 0;
}

function statusRow({ path, state, next, dueAt, lastRotated, failure }: RotationStatus): readonly string[] {
  const when = next === 'due' ? 'now' : dueAt === undefined ? '' : `at ${dueAt.toISOString()}`;
  const last = lastRotated === undefined ? 'never rotated' : `rotated ${lastRotated.toISOString()}`;
  const failed = failure === undefined ? '' : `${failure.step} failed (${failure.code})`;
  return [path, state, `${next === 'due' ? 'due' : next} ${when}`.trim(), last, failed];
}

function described({ path, journal, task, error }: RotationOutcome) {
  const { state, waitUntil, lastRotated } = journal ?? {};
  const time = (timeMs: number | undefined) => (timeMs === undefined ? undefined : new Date(timeMs));
  return { path, state, waitUntil: time(waitUntil), lastRotated: time(lastRotated), task, error: error?.code };
}

function report(invocation: Invocation, { path, journal, task, error }: RotationOutcome): void {
  const { output } = invocation;
  if (error !== undefined) {
    output.finding({ severity: 'error', where: path, cause: error.message, fix: error.advice });
    return;
  }
  if (task !== undefined) {
    showTask(invocation, path, task);
    return;
  }
  const { state, waitUntil } = journal ?? {};
  const until = waitUntil === undefined ? '' : `; go on at ${new Date(waitUntil).toISOString()}`;
  output.note(`${path} is ${state}${until}`);
}
