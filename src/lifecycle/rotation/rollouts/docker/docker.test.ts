import { chmodSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.js';
import { parsePath } from '../../../../core/path.js';
import { textPayload } from '../../../../core/payload.js';
import { type TemporaryFolder, temporaryFolder } from '../../../../testing/temporary-folder.js';
import { rolloutContract } from '../rollout.contract.js';
import { RolloutFailure } from '../rollout.js';
import { dockerRolloutKind } from './docker-kind.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
  chmodSync(folder.write('bin/docker', docker), 0o700);
  const held = { SecretName: 'password_v1', File: { Name: 'password', UID: '7', GID: '7', Mode: 0o440 } };
  write({
    secrets: { password_v1: 'first', other: 'x' },
    labels: {},
    marks: {},
    held: [held],
    status: null,
    forced: 0,
  });
});
afterEach(() => folder.remove());

/** Answers as docker 27 does, from a file: one service whose secrets are replaced, with the refusals of a swarm. */
const docker = `#!${process.execPath}
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
let args = process.argv.slice(2);
appendFileSync('calls', args.join(' ') + '\\n');
const state = JSON.parse(readFileSync('swarm', 'utf8'));
const save = () => writeFileSync('swarm', JSON.stringify(state));
const fail = (text) => { console.error(text); process.exit(1); };
if (args[0] === '--context') args = args.slice(2);
const what = args.slice(0, 2).join(' ');
const after = (name) => args[args.indexOf(name) + 1];
const all = (name) => args.flatMap((arg, index) => (arg === name ? [args[index + 1]] : []));
if (what === 'service inspect') {
  const format = after('--format');
  if (args.at(-1) !== 'bot') fail('no such service');
  if (format.includes('Spec.Labels')) console.log(JSON.stringify(state.labels['keyward.rollout'] ?? ''));
  else if (format.includes('Mode')) console.log(JSON.stringify({ Replicated: { Replicas: state.replicas ?? 1 } }));
  else if (format.includes('Secrets')) console.log(JSON.stringify(state.held));
  else console.log(JSON.stringify(state.status));
} else if (what === 'secret ls') {
  const [name, value] = after('--filter').split(/=(.*)/s);
  const names = Object.keys(state.secrets);
  if (name === 'name') console.log(names.filter((one) => one.startsWith(value)).join('\\n'));
  else console.log(names.filter((one) => 'keyward.rollout=' + state.marks[one] === value).join('\\n'));
} else if (what === 'secret create') {
  const [name] = args.slice(-2);
  if (name in state.secrets) fail('already exists');
  state.secrets[name] = readFileSync(0, 'utf8');
  state.marks[name] = after('--label').split('=')[1];
  save();
} else if (what === 'secret rm') {
  if (state.held.some(({ SecretName }) => SecretName === args[2])) fail('is in use');
  delete state.secrets[args[2]];
  save();
} else if (what === 'service update') {
  for (const removed of all('--secret-rm')) {
    if (!state.held.some(({ SecretName }) => SecretName === removed)) fail('no such secret');
    state.held = state.held.filter(({ SecretName }) => SecretName !== removed);
  }
  for (const added of all('--secret-add')) {
    const { source, target, uid = '0', gid = '0', mode = '0444' } = Object.fromEntries(added.split(',').map((part) => part.split('=')));
    if (!(source in state.secrets)) fail('not found');
    state.held.push({ SecretName: source, File: { Name: target, UID: uid, GID: gid, Mode: parseInt(mode, 8) } });
  }
  for (const label of all('--label-add')) state.labels[label.split('=')[0]] = label.split('=')[1];
  if (args.includes('--force')) state.forced += 1;
  state.status = null;
  save();
} else fail('unknown');
`;

const write = (state: object) => folder.write('swarm', JSON.stringify(state));
const swarm = () => JSON.parse(readFileSync(folder.path('swarm'), 'utf8'));
const updated = (State: string) => write({ ...swarm(), status: { State } });
const heldBy = (): string => {
  const { held, secrets } = swarm();
  return secrets[held.find(({ File }: { File: { Name: string } }) => File.Name === 'password').SecretName];
};
const create = (options: Parameters<typeof dockerRolloutKind.create>[0] = {}) => {
  const env = { PATH: folder.path('bin') };
  const context = { folder: folder.path('.'), env, clock: systemClock, fieldsOf: async () => ({}) };
  return dockerRolloutKind.create({ service: 'bot', secret: 'password', ...options }, context);
};
const change = { id: '0123456789abcdef', path: parsePath('app/password'), payload: textPayload('CANARY') };

rolloutContract({ describe, test, skip: test.skip }, 'a service of Docker (scripted)', async () => ({
  subject: {
    rollouts: await create(),
    held: async () => [heldBy()],
    store: async () => undefined,
    settle: async () => void updated('completed'),
  },
}));

test('the value is on standard input alone, and its place in the containers is that of the former one', async () => {
  const [rollout] = await create({ context: 'production' });
  await rollout?.apply(change);
  expect(swarm().held).toEqual([
    { SecretName: 'password_0123456789abcdef', File: { Name: 'password', UID: '7', GID: '7', Mode: 0o440 } },
  ]);
  const calls = readFileSync(folder.path('calls'), 'utf8');
  expect(calls).not.toContain('CANARY');
  expect(
    calls
      .trim()
      .split('\n')
      .every((call) => call.startsWith('--context production ')),
  ).toBe(true);
});

test('versions that nobody has any more are removed at the end, and nobody else’s secrets', async () => {
  const [rollout] = await create();
  for (const [index, text] of ['one', 'two', 'three'].entries()) {
    const next = { ...change, id: String(index).repeat(16), payload: textPayload(text) };
    await rollout?.apply(next);
    updated('completed');
    expect(await rollout?.pending(next)).toBeUndefined();
  }
  expect(Object.keys(swarm().secrets)).toEqual(['password_v1', 'other', `password_${'2'.repeat(16)}`]);
});

test('an update that stopped or was rolled back has failed, and one that has not begun is waited for', async () => {
  const [rollout] = await create();
  await rollout?.apply(change);
  expect(await rollout?.pending(change)).toBe('its update is new');
  updated('updating');
  expect(await rollout?.pending(change)).toBe('its update is updating');
  for (const state of ['paused', 'rollback_started', 'rollback_completed']) {
    updated(state);
    await expect(rollout?.pending(change)).rejects.toBeInstanceOf(RolloutFailure);
  }
  updated('completed');
  await expect(rollout?.pending({ ...change, id: 'other' })).rejects.toBeInstanceOf(RolloutFailure);
});

test('without a secret the containers are started anew, once for each change', async () => {
  const [rollout] = await create({ secret: undefined });
  for (const _ of [1, 2]) await rollout?.apply(change);
  expect(swarm()).toMatchObject({ forced: 1, held: [{ SecretName: 'password_v1' }] });
});

test('names that docker would take for more than a name are refused', () => {
  const problems = (options: object) => [...(dockerRolloutKind.problems?.({ service: 'bot', ...options }) ?? [])];
  expect(problems({ secret: 'db-password', field: 'x', context: 'eu' })).toEqual([]);
  for (const options of [
    { service: '--force' },
    { secret: 'a,target=b' },
    { secret: 'x'.repeat(48) },
    { context: '-x' },
    { field: 'x' },
  ]) {
    expect(problems(options)).toHaveLength(1);
  }
});

test('a service of no containers has the value as soon as it is told', async () => {
  const [rollout] = await create();
  await rollout?.apply(change);
  expect(await rollout?.pending(change)).toContain('its update is');
  write({ ...swarm(), replicas: 0 });
  expect(await rollout?.pending(change)).toBeUndefined();
});
