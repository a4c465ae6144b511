import { openRotations, type Rotations } from '../../compose/rotations.js';
import { systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { expandPaths } from '../../core/expand-paths.js';
import type { RotationStatus } from '../../lifecycle/rotation/due.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'rotation upcoming',
    summary: 'What is rotated next, and when',
    usage: '[paths...]',
    description: [
      'Of everything that has a rotator, unless paths or patterns are given: what is due first, and what is paused last.',
    ],
    options: [{ flags: '--limit <n>', description: 'so many; 20 unless it is given' }],
    examples: [
      { command: 'keyward rotation upcoming', explanation: 'the next twenty' },
      { command: "keyward rotation upcoming 'exchange/*' --json", explanation: 'as data' },
    ],
    exitStatuses: { 1: 'of one of them, a store does not say where it stands' },
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) =>
      upcoming(invocation, await openRotations(workspace, { env: invocation.io.env })),
    ),
};

export default command;

async function upcoming(invocation: Invocation, rotations: Rotations): Promise<number> {
  const { output, args } = invocation;
  const limit = textOption(invocation, 'limit') ?? '20';
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw new KeywardError('invalid', '--limit takes a number from 1');
  const paths = args.length === 0 ? rotations.paths : expandPaths(args, rotations.paths);
  const statuses = await rotations.statuses(paths);
  const failed = statuses.flatMap((status) => ('error' in status ? [status] : []));
  const next = statuses
    .flatMap((status) => ('error' in status || status.next === 'absent' ? [] : [status]))
    .filter(({ next, dueAt }) => dueAt !== undefined || next === 'due' || next === 'paused')
    .sort((a, b) => timeOf(a) - timeOf(b))
    .slice(0, Number(limit));
  if (output.json) {
    output.document(
      next.map(({ path, next, dueAt, lastRotated, isOverdue }) => ({ path, next, dueAt, lastRotated, isOverdue })),
    );
  } else {
    output.table(next.map(rowOf));
    if (next.length === 0) output.note('nothing is going to be rotated');
    for (const { pattern, until, by, since, reason } of await rotations.pauses.all(systemClock.now())) {
      const end = until === undefined ? '' : `, until ${new Date(until).toISOString()}`;
      output.note(
        `${pattern} is paused by ${by} since ${new Date(since).toISOString()}${end}${reason === undefined ? '' : `: ${reason}`}`,
      );
    }
  }
  for (const { path, error } of failed) {
    output.finding({ severity: 'error', where: path, cause: error.message, fix: error.advice });
  }
  return failed.length === 0 ? 0 : 1;
}

function timeOf({ next, dueAt }: RotationStatus): number {
  return next === 'due' ? 0 : (dueAt?.getTime() ?? Number.POSITIVE_INFINITY);
}

function rowOf({ path, next, dueAt, isOverdue }: RotationStatus): readonly string[] {
  return [next === 'due' ? 'now' : (dueAt?.toISOString() ?? '-'), path, next, isOverdue ? 'overdue' : ''];
}
