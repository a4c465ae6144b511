import type { SecretUsers } from '../../compose/secret-users.js';
import type { Workspace } from '../../compose/workspace.js';
import { systemClock } from '../../core/clock.js';
import type { ManagedRotationStatus } from '../../core/managed-rotation.js';
import { type Path, parsePath } from '../../core/path.js';
import { lastRotatedOf } from '../../core/rotation-due.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { describeSecret } from '../named-versions.js';
import type { Output } from '../output/output.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'rotation status',
    summary: 'When a secret was rotated, when it will be, and by whom',
    usage: '<path>',
    description: [
      'Of a store that rotates by itself, what it says. Of every other one, what is noted about the last rotation, else',
      'when the current version was written. Where the inventory has a `rotator:`, how far keyward rotate has come, and',
      'which processes read the secret, with the version that each had last, as the records of this machine say it.',
    ],
    options: [{ flags: '--provider <name>', description: 'ask this link instead of the write target' }],
    examples: [
      { command: 'keyward rotation status database/postgres', explanation: 'last and next time, and the rules' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => status(invocation, workspace)),
};

export default command;

const dayMs = 86_400_000;

async function status(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { args, output } = invocation;
  const path = parsePath(args[0] ?? '');
  const provider = workspace.writeTarget(textOption(invocation, 'provider'));
  const description = await describeSecret(provider, path);
  const managed = await provider.rotation?.status(path);
  const own = await ownRotation(invocation, workspace, path);
  const nowMs = systemClock.now();
  const since = lastRotatedOf(description, nowMs);
  if (output.json) {
    output.document({ path, provider: provider.name, current: description.current, since, managed, own });
    return 0;
  }
  const age = since === undefined ? '-' : `${since.toISOString()}, ${daysText((nowMs - since.getTime()) / dayMs)} ago`;
  output.table([['value since', age], ...(managed === undefined ? [] : rowsOf(managed)), ...rowsOfOwn(own)]);
  if (own !== undefined) printReaders(own.readers, output);
  if (managed === undefined && own === undefined)
    output.note(`${provider.name} (${provider.kind}) does not rotate secrets by itself`);
  return 0;
}

/** What Keyward itself does about it: where the inventory says so, in the write target. */
async function ownRotation(invocation: Invocation, workspace: Workspace, path: Path) {
  const isRotated = workspace.config.inventory.get(path)?.rotator !== undefined;
  if (!isRotated || textOption(invocation, 'provider') !== undefined) return undefined;
  const { openRotations } = await import('../../compose/rotations.js');
  const { env, home } = invocation.io;
  const rotations = await openRotations(workspace, { env, home });
  const { state, next, dueAt, failure, waitsFor } = await rotations.status(path);
  return { state, next, dueAt, failure, waitsFor, readers: await rotations.users(path) };
}

function printReaders({ users, gaps, sources }: SecretUsers, output: Output): void {
  const rows = users.map(({ principal, source, version, last, count, hasFormer, isRunning }) => [
    principal,
    source,
    version ?? '-',
    last.toISOString(),
    String(count),
    hasFormer ? (isRunning ? 'has the former value' : 'had the former value, and has ended') : '',
  ]);
  if (rows.length > 0) {
    output.line();
    output.table([['reader', 'process', 'version', 'last read', 'reads', ''], ...rows]);
  }
  const since = sources.flatMap(({ beginsAt }) => beginsAt ?? []).sort((a, b) => a.getTime() - b.getTime())[0];
  output.note(since === undefined ? 'No read is recorded.' : `Records begin at ${since.toISOString()}.`);
  for (const { where, cause } of gaps) output.note(`${where}: ${cause}`);
}

function rowsOfOwn(own: Awaited<ReturnType<typeof ownRotation>>): readonly (readonly string[])[] {
  if (own === undefined) return [];
  const { state, next, dueAt, failure, waitsFor = [] } = own;
  return [
    ['rotated by keyward', `${state}, ${next}`],
    ['due', next === 'due' ? 'now' : (dueAt?.toISOString() ?? '-')],
    ...(waitsFor.length === 0 ? [] : [['waits for', waitsFor.join(', ')]]),
    ...(failure === undefined ? [] : [['failed', `${failure.step} (${failure.code})`]]),
  ];
}

function rowsOf(managed: ManagedRotationStatus): readonly (readonly string[])[] {
  const { isEnabled, days, schedule, by, last, next, pending } = managed;
  const rule = schedule ?? (days === undefined ? 'no schedule' : `every ${daysText(days)}`);
  return [
    ['rotated', last?.toISOString() ?? '-'],
    ['rotated next', next === undefined ? '-' : `${next.toISOString()} at the latest`],
    ['rotates by itself', isEnabled ? rule : 'no'],
    ['by', by ?? '-'],
    ...(pending === undefined ? [] : [['pending', `version ${pending}: a rotation goes on, or has failed`]]),
  ];
}

function daysText(days: number): string {
  const whole = Math.floor(days);
  return whole === 1 ? '1 day' : `${whole} days`;
}
