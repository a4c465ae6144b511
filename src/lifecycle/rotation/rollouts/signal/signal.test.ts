import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, symlinkSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.js';
import { parsePath } from '../../../../core/path.js';
import { textPayload } from '../../../../core/payload.js';
import { type TemporaryFolder, temporaryFolder } from '../../../../testing/temporary-folder.js';
import { rolloutContract } from '../rollout.contract.js';
import { signalRolloutKind } from './signal-kind.js';

/** Reads its secret when it starts and at each SIGHUP, and says so. */
const program = `
import { copyFileSync, writeFileSync } from 'node:fs';
const read = () => { copyFileSync('current', 'held'); console.log('read'); };
process.on('SIGHUP', read);
setInterval(() => {}, 60_000);
writeFileSync('pid', process.pid + '\\n');
read();
`;

let folder: TemporaryFolder;
let child: ChildProcess;
let reads = 0;
beforeEach(async () => {
  folder = temporaryFolder();
  folder.write('current', 'first');
  folder.write('program.mjs', program);
  child = spawn(process.execPath, ['program.mjs'], { cwd: folder.path('.'), stdio: ['ignore', 'pipe', 'inherit'] });
  reads = 0;
  child.stdout?.on('data', (data) => {
    reads += String(data).split('read').length - 1;
  });
  await untilRead(1);
});
afterEach(async () => {
  const ended = once(child, 'exit');
  if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await ended;
  folder.remove();
});

async function untilRead(count: number): Promise<void> {
  while (reads < count && child.stdout !== null) await once(child.stdout, 'data');
}

const create = (pidFile = 'pid') =>
  signalRolloutKind.create(
    { pidFile },
    { folder: folder.path('.'), env: {}, clock: systemClock, fieldsOf: async () => ({}) },
  );
const change = { id: '0', path: parsePath('app/password'), payload: textPayload('CANARY') };
const apply = async (pidFile?: string) => (await create(pidFile))[0]?.apply(change);

rolloutContract({ describe, test, skip: test.skip }, 'a signal', async () => {
  const [rollout] = await create();
  const rollouts =
    rollout === undefined
      ? []
      : [
          {
            ...rollout,
            apply: async (one: typeof change) => {
              const before = reads;
              await rollout.apply(one);
              await untilRead(before + 1);
            },
          },
        ];
  return {
    subject: {
      rollouts,
      held: async () => [readFileSync(folder.path('held'), 'utf8')],
      store: async (text) => void folder.write('current', text),
      settle: async () => undefined,
    },
  };
});

describe('no signal goes', () => {
  test('to a process that was started after the file was written: its number was given anew', async () => {
    const before = new Date(Date.now() - 3_600_000);
    utimesSync(folder.path('pid'), before, before);
    await expect(apply()).rejects.toMatchObject({ message: expect.stringContaining('started after') });
  });

  test('to one that is gone', async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await expect(apply()).rejects.toMatchObject({ message: expect.stringContaining('gone') });
  });

  test.each(['', '0', '1', '-1', '01', '1 2', 'x', `${process.pid}\n${process.pid}`, '99999999999'])(
    'where the file holds %j',
    async (text) => {
      folder.write('other', text);
      await expect(apply('other')).rejects.toMatchObject({ code: 'config' });
    },
  );

  test('by a file that others can write to, a link, or one that is not there', async () => {
    symlinkSync('pid', folder.path('link'));
    await expect(apply('link')).rejects.toMatchObject({ code: 'config' });
    await expect(apply('absent')).rejects.toMatchObject({ code: 'config' });
    chmodSync(folder.path('pid'), 0o666);
    await expect(apply()).rejects.toMatchObject({ message: expect.stringContaining('others may write') });
  });
});
