import { chmodSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.js';
import { parsePath } from '../../../../core/path.js';
import { documentPayload } from '../../../../core/payload.js';
import { type TemporaryFolder, temporaryFolder } from '../../../../testing/temporary-folder.js';
import { rolloutContract } from '../rollout.contract.js';
import { filesRolloutKind } from './files-kind.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const create = (options: Parameters<typeof filesRolloutKind.create>[0]) =>
  filesRolloutKind.create(options, {
    folder: folder.path('.'),
    env: {},
    clock: systemClock,
    fieldsOf: async () => ({}),
  });
const document = documentPayload([
  ['username', 'bot'],
  ['password', 'pa{{username}}ss\n'],
]);
async function render(options: Parameters<typeof filesRolloutKind.create>[0]) {
  const [rollout] = await create({ file: 'out', ...options });
  await rollout?.apply({ id: '0', path: parsePath('database/bot'), payload: document });
  return readFileSync(folder.path('out'), 'utf8');
}

rolloutContract({ describe, test, skip: test.skip }, 'a file', async () => {
  folder.write('held', 'first');
  return {
    subject: {
      rollouts: await create({ file: 'held' }),
      held: async () => [readFileSync(folder.path('held'), 'utf8')],
      store: async () => undefined,
      settle: async () => undefined,
    },
  };
});

test('a template is filled once, and what stands in a value stays as it is', async () => {
  folder.write('template', '{"a": "{{username}}", "b": {{ password }}, "c": {}, "d": "{{username}}"}');
  expect(await render({ template: 'template' })).toBe('{"a": "bot", "b": pa{{username}}ss\n, "c": {}, "d": "bot"}');
  expect(await render({ field: 'username' })).toBe('bot');
  expect(JSON.parse(await render({}))).toHaveProperty('username', 'bot');
});

test('a field that is not there, and a template that is not there, are said, and the file stays', async () => {
  folder.write('out', 'before');
  folder.write('template', '{{absent}}');
  for (const options of [{ template: 'template' }, { template: 'nowhere' }, { field: 'absent' }]) {
    await expect(render(options)).rejects.toMatchObject({ code: 'config' });
  }
  expect(readFileSync(folder.path('out'), 'utf8')).toBe('before');
});

test('the file is its owner’s alone, and a link in its place is replaced, not followed', async () => {
  folder.write('elsewhere', 'stays');
  symlinkSync('elsewhere', folder.path('out'));
  await render({ field: 'password' });
  expect(readFileSync(folder.path('elsewhere'), 'utf8')).toBe('stays');
  expect(statSync(folder.path('out')).mode & 0o777).toBe(0o600);
});

test('a folder in which others could replace the file is refused', async () => {
  folder.write('open/x', '');
  chmodSync(folder.path('open'), 0o777);
  await expect(render({ file: 'open/out' })).rejects.toMatchObject({ code: 'config' });
});
