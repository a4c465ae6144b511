import { openRotations, type Rotations } from '../../compose/rotations.js';
import { expandPaths } from '../../core/expand-paths.js';
import type { Path } from '../../core/path.js';
import type { LoggedRotation } from '../../lifecycle/rotation/rotation-log.js';
import type { Command, Invocation } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'rotation log',
    summary: 'Who rotated what, when, step by step, and when it is due again',
    usage: '[paths...]',
    description: [
      'Of everything that has a rotator, unless paths or patterns are given. The log lies sealed in the store of Keyward,',
      'for each environment by itself, and holds no value.',
    ],
    options: [],
    examples: [
      { command: 'keyward rotation log exchange/binance', explanation: 'every rotation of it' },
      { command: 'keyward rotation log --json', explanation: 'of all secrets, for a report' },
    ],
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) =>
      log(invocation, await openRotations(workspace, { env: invocation.io.env })),
    ),
};

export default command;

async function log({ output, args }: Invocation, rotations: Rotations): Promise<number> {
  const { paths: listed } = rotations;
  const paths = args.length === 0 ? listed : expandPaths(args, listed);
  const logs: { path: Path; rotations: readonly LoggedRotation[]; due: Date | undefined }[] = [];
  for (const path of paths) {
    const all = await rotations.log(path);
    const isUnderWay = all.length > 0 && all.at(-1)?.outcome === undefined;
    const due = isUnderWay || !listed.includes(path) ? undefined : (await rotations.status(path)).dueAt;
    logs.push({ path, rotations: all, due });
  }
  if (output.json) {
    const described = logs.map(({ rotations: all, ...rest }) => ({ ...rest, rotations: all.map(withTimes) }));
    output.document(described);
    return 0;
  }
  output.table(
    logs.flatMap(({ path, rotations: all, due }) => [...all.flatMap((one) => rowsOf(path, one)), ...dueRow(path, due)]),
  );
  if (logs.every(({ rotations: all }) => all.length === 0)) output.note('no rotation is logged');
  return 0;
}

function withTimes({ startedAt, steps, outcome }: LoggedRotation) {
  return {
    startedAt: new Date(startedAt),
    outcome,
    steps: steps.map(({ at, ...step }) => ({ ...step, at: new Date(at) })),
  };
}

function rowsOf(path: Path, { steps }: LoggedRotation): readonly (readonly string[])[] {
  return steps.map(({ at, by, step, note = '' }) => [path, new Date(at).toISOString(), by, step, note]);
}

function dueRow(path: Path, due: Date | undefined): readonly (readonly string[])[] {
  return due === undefined ? [] : [[path, due.toISOString(), '', 'is due']];
}
