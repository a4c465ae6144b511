import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.js';
import { parsePath } from '../../../../core/path.js';
import { documentPayload } from '../../../../core/payload.js';
import { type TemporaryFolder, temporaryFolder } from '../../../../testing/temporary-folder.js';
import { rolloutContract } from '../rollout.contract.js';
import { RolloutFailure } from '../rollout.js';
import { execRolloutKind } from './exec-kind.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const context = () => ({
  folder: folder.path('.'),
  env: { PATH: process.env['PATH'] },
  clock: systemClock,
  fieldsOf: async () => ({}),
});
const change = {
  id: '0123456789abcdef',
  path: parsePath('database/bot'),
  payload: documentPayload([
    ['username', 'bot'],
    ['password', 'CANARY'],
  ]),
};
async function apply(script: string) {
  const [rollout] = await execRolloutKind.create({ command: ['sh', '-c', script] }, context());
  return rollout?.apply(change);
}

rolloutContract({ describe, test, skip: test.skip }, 'a program', async () => {
  folder.write('held', 'first');
  folder.write(
    'tell.mjs',
    `import { readFileSync, writeFileSync } from 'node:fs';
writeFileSync('held', JSON.parse(readFileSync(0, 'utf8')).fields.value);`,
  );
  return {
    subject: {
      rollouts: await execRolloutKind.create({ command: [process.execPath, 'tell.mjs'] }, context()),
      held: async () => [readFileSync(folder.path('held'), 'utf8')],
      store: async () => undefined,
      settle: async () => undefined,
    },
  };
});

test('it gets the values on standard input, and nothing in its arguments and environment', async () => {
  await apply('cat > input; env > environment; tr "\\0" " " < /proc/$$/cmdline > arguments');
  const { id, path } = change;
  expect(JSON.parse(readFileSync(folder.path('input'), 'utf8'))).toEqual({
    id,
    path,
    fields: { username: 'bot', password: 'CANARY' },
  });
  for (const name of ['environment', 'arguments']) {
    expect(readFileSync(folder.path(name), 'utf8')).not.toContain('CANARY');
  }
});

test('it says no by status 3 alone; everything else leaves open what happened', async () => {
  await expect(apply('cat; exit 3')).rejects.toBeInstanceOf(RolloutFailure);
  for (const script of ['exit 1', 'kill -9 $$']) {
    const error = await apply(script).catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(RolloutFailure);
    expect(error).toMatchObject({ code: 'unavailable' });
  }
});
