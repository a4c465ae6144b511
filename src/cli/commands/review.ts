import { type ProjectRecords, readAccessRecords } from '../../compose/access-records.js';
import { openRotations } from '../../compose/rotations.js';
import type { Workspace } from '../../compose/workspace.js';
import { systemClock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { readersOf } from '../../lifecycle/access/readers.js';
import type { RecordGap } from '../../lifecycle/access/recorded-access.js';
import { reviewOf } from '../../lifecycle/inventory/review.js';
import { reviewText } from '../../lifecycle/inventory/review-text.js';
import type { LoggedRotation } from '../../lifecycle/rotation/rotation-log.js';
import { checkChecklist } from '../check-checklist.js';
import { checkInventory } from '../check-inventory.js';
import { type Command, type Invocation, listOption, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const dayMs = 86_400_000;
const quarter = 92;

const command: Command = {
  spec: {
    name: 'review',
    summary: 'The quarterly report: state, rotations, readers and open tasks of all secrets',
    usage: '',
    description: [
      'Puts together, as Markdown to be kept with the project, what keyward check finds, which rotations came to their end,',
      'who read which secret by the audit log and the access log, what nobody read, and which lines of the checklist nobody',
      'answers for. It says where the records are silent, and holds no value.',
    ],
    options: [
      { flags: '--days <n>', description: 'how far back it looks (default: 92)' },
      {
        flags: '--log <file>',
        description: 'an access log that was kept elsewhere; may be given again',
        repeatable: true,
      },
    ],
    examples: [
      { command: 'keyward review --env production > review.md', explanation: 'of the last quarter' },
      { command: 'keyward review --days 365 --json', explanation: 'of a year, as data' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => review(invocation, workspace), { readThrough: true }),
};

export default command;

async function review(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { io, output } = invocation;
  const { config } = workspace;
  const days = daysOf(textOption(invocation, 'days') ?? String(quarter));
  const to = new Date(systemClock.now());
  const from = new Date(to.getTime() - days * dayMs);
  const gaps: RecordGap[] = [];
  // Before the check, which reads everything.
  const files = listOption(invocation, 'log');
  const records = await orGap<ProjectRecords>(
    gaps,
    () => readAccessRecords(workspace, { env: io.env, home: io.home, files }),
    { accesses: [], gaps: [], sources: [] },
  );
  const rotations = await orGap(gaps, () => rotationsOf(invocation, workspace), new Map());
  const checked = await checkInventory(workspace);
  const profile = config.production ? 'production' : 'development';
  const checklist = await checkChecklist(invocation, workspace, { ...checked, profile });
  for (const { where, beginsAt } of records.sources) {
    if (beginsAt === undefined) gaps.push({ where, cause: 'it holds no record' });
    else if (beginsAt > from) gaps.push({ where, cause: `it begins at ${beginsAt.toISOString()}` });
  }
  const found = reviewOf({
    ...{ project: config.project, environment: config.environment, from, to },
    ...{ inventory: config.inventory, secrets: checked.secrets, rotations, checklist },
    readers: readersOf(records.accesses.filter(({ time }) => time >= from && time <= to)),
    gaps: [...gaps, ...records.gaps],
  });
  if (output.json) output.document(found);
  else await output.bytes(Buffer.from(reviewText(found)));
  return 0;
}

async function rotationsOf(
  { io }: Invocation,
  workspace: Workspace,
): Promise<ReadonlyMap<Path, readonly LoggedRotation[]>> {
  const rotations = await openRotations(workspace, { env: io.env });
  const logs = new Map<Path, readonly LoggedRotation[]>();
  for (const path of rotations.paths) logs.set(path, await rotations.log(path));
  return logs;
}

/** A project whose secrets lie elsewhere has no store here, nor its records. */
async function orGap<T>(gaps: RecordGap[], attempt: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!isKeywardError(error, 'config')) throw error;
    gaps.push({ where: error.store ?? 'the store of Keyward', cause: error.message });
    return otherwise;
  }
}

/** @throws KeywardError `invalid` */
function daysOf(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new KeywardError('invalid', '--days takes a number of days from 1 to 9999');
}
