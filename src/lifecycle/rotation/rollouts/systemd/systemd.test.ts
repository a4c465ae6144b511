import { chmodSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.js';
import { parsePath } from '../../../../core/path.js';
import { textPayload } from '../../../../core/payload.js';
import { type TemporaryFolder, temporaryFolder } from '../../../../testing/temporary-folder.js';
import { rolloutContract } from '../rollout.contract.js';
import { RolloutFailure } from '../rollout.js';
import { systemdRolloutKind } from './systemd-kind.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Answers as systemctl 252 does: a job is queued by a restart, and the unit reads its secret when that is done. */
const systemctl = `#!/bin/sh
echo "$@" >> calls
for last; do :; done
[ "$last" = bot.service ] || exit 5
case "$*" in
  *show*) cat shown;;
  *) printf 'Job=7\\nActiveState=active\\nSubState=running\\nResult=success\\n' > shown;;
esac
`;
const shown = (text: string) => folder.write('shown', text);
const running = 'ActiveState=active\nSubState=running\nResult=success\n';

async function create(options: Parameters<typeof systemdRolloutKind.create>[0] = { unit: 'bot.service' }) {
  chmodSync(folder.write('bin/systemctl', systemctl), 0o700);
  const env = { PATH: `${folder.path('bin')}:${process.env['PATH']}` };
  return systemdRolloutKind.create(options, {
    folder: folder.path('.'),
    env,
    clock: systemClock,
    fieldsOf: async () => ({}),
  });
}
const change = { id: '0', path: parsePath('app/password'), payload: textPayload('CANARY') };

rolloutContract({ describe, test, skip: test.skip }, 'a unit of systemd (scripted)', async () => {
  let current = 'first';
  let held = 'first';
  return {
    subject: {
      rollouts: await create(),
      held: async () => [held],
      store: async (text) => {
        current = text;
      },
      settle: async () => {
        held = current;
        shown(running);
      },
    },
  };
});

test('the action is asked for by its arguments, without a shell, and nothing of the value', async () => {
  const [rollout] = await create({ unit: 'bot.service', action: 'reload', user: true });
  await rollout?.apply(change);
  expect(await rollout?.pending(change)).toBe('its job is under way');
  const calls = readFileSync(folder.path('calls'), 'utf8');
  expect(calls.split('\n')[0]).toBe('--user reload --no-block -- bot.service');
  expect(calls).not.toContain('CANARY');
});

test.each([
  ['a start that goes on', 'ActiveState=activating\nSubState=start\n', 'it is activating'],
  ['a restart that is waited for', 'ActiveState=active\nSubState=auto-restart\n', 'it is active'],
  ['an empty job', `Job=\n${running}`, undefined],
])('%s', async (_, text, pending) => {
  const [rollout] = await create();
  shown(text);
  expect(await rollout?.pending(change)).toBe(pending);
});

test('a unit that has failed or stopped does not work with the value', async () => {
  const [rollout] = await create();
  for (const state of ['failed', 'inactive']) {
    shown(`ActiveState=${state}\nSubState=dead\nResult=exit-code\n`);
    await expect(rollout?.pending(change)).rejects.toBeInstanceOf(RolloutFailure);
  }
  const [other] = await create({ unit: 'other.service' });
  await expect(other?.apply(change)).rejects.toMatchObject({ code: 'unavailable' });
});

test('only a whole name of a unit is taken', () => {
  const problems = (unit: string) => [...(systemdRolloutKind.problems?.({ unit }) ?? [])];
  for (const unit of ['bot.service', 'bot@1.service', 'a-b.target']) expect(problems(unit)).toEqual([]);
  for (const unit of ['', 'bot', '--force', '-x.service', 'a b.service', 'a;b.service']) {
    expect(problems(unit)).toHaveLength(1);
  }
});
