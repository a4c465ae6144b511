import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWorkspace } from '../../src/compose/open-workspace.js';
import { openRotations, type Rotations } from '../../src/compose/rotations.js';
import type { Workspace } from '../../src/compose/workspace.js';
import { systemClock } from '../../src/core/clock.js';
import { parsePath } from '../../src/core/path.js';
import { Laptop } from './cli.js';
import { ScriptedExchange } from './scripted-exchange.js';

const path = parsePath('exchange/binance');
const dayMs = 86_400_000;

let laptop: Laptop;
let exchange: ScriptedExchange;
beforeEach(async () => {
  laptop = await Laptop.initialised();
  exchange = new ScriptedExchange();
  exchange.keys.set('old-key', {});
  await configure('stage: staging');
  await laptop.ok(['set', path, 'api_key=-'], { stdin: 'old-key' });
  await laptop.ok(['set', path, 'api_secret=-'], { stdin: 'old-secret' });
  await laptop.ok(['set', path, 'testnet=false']);
});
afterEach(() => {
  exchange.close();
  laptop.remove();
});

async function configure(options: string): Promise<void> {
  const server = await exchange.listen().catch(() => '');
  laptop.write(
    'keyward.yaml',
    `providers: [{ keyward: { prefix: "bot/{env}" } }]
environment: production
secrets:
  ${path}:
    fields: [api_key, api_secret, testnet]
    rotate: 90d
    rotator: { guided: { server: "${server}", ${options} } }
`,
  );
  await laptop.ok(['trust', '--yes']);
}

/** Somebody makes a key at the exchange and notes it in two files; answers the options to enter them. */
function makeKey(name: string, rights: object = {}): readonly string[] {
  exchange.keys.set(`${name}-key`, rights);
  laptop.write('key', `${name}-key`, 0o600);
  laptop.write('secret', `${name}-secret`, 0o600);
  return ['--field', 'api_key=@key', '--field', 'api_secret=@secret'];
}

const currentKey = async () => (await laptop.ok(['get', `${path}#api_key`])).stdout;

/** As a process of its own, so much later. */
async function later<T>(ms: number, act: (rotations: Rotations, workspace: Workspace) => Promise<T>): Promise<T> {
  const env = laptop.environment();
  const workspace = await openWorkspace({
    cwd: laptop.project,
    home: laptop.home,
    env,
    role: 'cli',
    onFinding: () => undefined,
  });
  try {
    const clock = { ...systemClock, now: () => systemClock.now() + ms };
    return await act(await openRotations(workspace, { env, clock, by: 'ben' }), workspace);
  } finally {
    await workspace.close();
  }
}

/** The host is started anew while the process that was killed is written down as the one that rotates. */
async function reboot(): Promise<void> {
  const leases = await later(0, async (_, workspace) => {
    let found = 0;
    const { records } = (await workspace.store()).client;
    for (const name of await records.list('rotation/')) {
      const record = await records.get(name);
      const journal = JSON.parse(new TextDecoder().decode(record?.bytes));
      if (journal.lease === undefined) continue;
      found += 1;
      journal.lease.holder.pid = process.pid;
      expect(journal.lease.holder.startedAt).toMatch(/^[0-9a-f-]{36}:/);
      journal.lease.holder.startedAt = '00000000-0000-4000-8000-000000000000:1';
      await records.put(name, new TextEncoder().encode(JSON.stringify(journal)), { ifRevision: record?.revision ?? 0 });
    }
    return found;
  });
  expect(leases).toBe(1);
}

describe('an exchange key that people rotate', () => {
  test('is asked about by a live check, which finds what it may do, and that it is refused', async () => {
    const live = async () => {
      const { status, stdout, stderr } = await laptop.run(['check', '--live']);
      expect(stdout + stderr).not.toContain('old-');
      return [status, stdout.trim(), stderr.match(/error: .*/)?.[0]];
    };
    expect(await live()).toEqual([0, `accepted  ${path}`, undefined]);
    exchange.keys.set('old-key', { enableWithdrawals: true });
    expect(await live()).toEqual([1, `refused  ${path}`, expect.stringContaining('may withdraw')]);
    exchange.keys.delete('old-key');
    expect(await live()).toEqual([1, `refused  ${path}`, expect.stringContaining('does not accept the key')]);
    exchange.close();
    expect(await live()).toEqual([1, `unreachable  ${path}`, expect.stringContaining('could not be asked')]);
  });

  test('goes through three processes, a kill and a reboot, and ends with the log', async () => {
    const asked = await laptop.spawn(['rotate', path]);
    expect([asked.status, asked.stderr]).toEqual([1, expect.stringContaining(`--env staging`)]);
    await laptop.ok(['rotate', path, '--env', 'staging', ...makeKey('staging'), '--by', 'anna']);
    const staged = await laptop.spawn(['rotate', path]);
    expect([staged.status, staged.stderr]).toEqual([
      1,
      expect.stringMatching(/"Enable Withdrawals".*--confirm create/s),
    ]);
    await laptop.ok(['rotate', path, '--confirm', 'create', '--by', 'anna']);

    exchange.isHanging = true;
    const killed = laptop.start(['rotate', path, ...makeKey('new'), '--by', 'anna']);
    await exchange.hangs();
    killed.kill('SIGKILL');
    await new Promise((resolve) => killed.once('close', resolve));
    exchange.answersAgain();
    await reboot();
    expect(await currentKey()).toBe('old-key');

    const resumed = await laptop.spawn(['rotate', path]);
    expect([resumed.status, resumed.stderr]).toEqual([1, expect.stringContaining('--confirm verify')]);
    expect(await currentKey()).toBe('new-key');
    await laptop.ok(['rotate', path, '--confirm', 'verify', '--by', 'anna']);
    await later(dayMs, async (rotations) => {
      expect((await rotations.rotate(path, 'due')).state).toBe('promoted');
      await expect(rotations.confirm(path, 'revoke')).rejects.toMatchObject({ code: 'conflict' });
    });
    await later(dayMs + 61_000, async (rotations) => {
      expect((await rotations.rotate(path, 'due')).state).toBe('promoted');
      await rotations.confirm(path, 'revoke');
      await expect(rotations.rotate(path, 'due')).rejects.toThrow(
        'accepts a key of exchange/binance that was to be deleted',
      );
      exchange.keys.delete('old-key');
      expect((await rotations.rotate(path, 'due')).state).toBe('retired');
    });

    const log = await laptop.ok(['rotation', 'log', '--json']);
    expect(JSON.parse(log.stdout)).toMatchObject([
      {
        path,
        due: expect.stringMatching(/^20/),
        rotations: [
          {
            outcome: 'retired',
            steps: [
              { step: 'create', by: 'anna' },
              { step: 'store', by: 'anna' },
              { step: 'set', by: 'anna' },
              { step: 'examine', note: 'works; may not trade; may not withdraw or transfer; restricted by address' },
              { step: 'test' },
              { step: 'promote' },
              { step: 'verify', by: 'anna' },
              { step: 'revoke', by: 'ben' },
              { step: 'retire', by: 'ben' },
            ],
          },
        ],
      },
    ]);
    expect(log.stdout).not.toMatch(/-key|-secret/);
  });

  test('is asked for again when the exchange refuses it or it may do too much, and nothing is current before', async () => {
    await laptop.ok(['rotate', path, '--confirm', 'stage', '--by', 'anna']);
    const mistyped = makeKey('mistyped');
    exchange.keys.delete('mistyped-key');
    const refused = await laptop.run(['rotate', path, ...mistyped]);
    expect([refused.status, refused.stderr]).toEqual([4, expect.stringContaining('binance does not accept the key')]);
    const mighty = await laptop.run(['rotate', path, ...makeKey('mighty', { enableWithdrawals: true })]);
    expect([mighty.status, mighty.stderr]).toEqual([4, expect.stringContaining('may withdraw or transfer')]);
    expect(await currentKey()).toBe('old-key');
    const again = await laptop.run(['rotate', path]);
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('Make a new one at Binance')]);
    await laptop.ok(['rotate', path, ...makeKey('good')]);
    expect(await currentKey()).toBe('good-key');
  });

  test('counts as entered when it is', async () => {
    await laptop.ok(['rotate', path, '--confirm', 'stage', '--confirm', 'create']);
    const ran = await laptop.run(['rotate', path, '--confirm', 'enter']);
    expect([ran.status, ran.stderr]).toEqual([6, expect.stringContaining('what is to be done next is enter')]);
  });

  test('replaces one that the exchange has ended already', async () => {
    exchange.keys.delete('old-key');
    await laptop.ok(['rotate', path, '--confirm', 'stage']);
    await laptop.ok(['rotate', path, ...makeKey('new')]);
    expect(await currentKey()).toBe('new-key');
  });

  test('is asked for at a terminal, and Control-C at any question loses nothing', async () => {
    const typed = ['y', 'y', 'new-key', 'new-secret', 'y'];
    exchange.keys.set('new-key', {});
    for (let answers = 0; answers < typed.length; answers += 1) {
      const ran = await laptop.runAtTerminal(['rotate', path], { typed: answers === 3 ? ['new-key'] : [] });
      expect(ran.status, ran.stderr).not.toBe(0);
      expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/new-key|new-secret/);
      const next = typed[answers] ?? '';
      if (answers === 2) continue;
      const more = answers === 3 ? ['new-key', next] : [next];
      const ranOn = await laptop.runAtTerminal(['rotate', path], { typed: more });
      expect(`${ranOn.stdout}${ranOn.stderr}`).not.toMatch(/new-key|new-secret/);
    }
    expect(await currentKey()).toBe('new-key');
    const waits = await laptop.runAtTerminal(['rotate', path]);
    expect([waits.status, waits.stderr]).toEqual([0, expect.stringContaining('is promoted; go on at')]);
  });

  test('that was taken back has to be deleted at the exchange, and the former one works on', async () => {
    await laptop.ok(['rotate', path, '--confirm', 'stage']);
    await laptop.ok(['rotate', path, ...makeKey('new')]);
    await laptop.run(['rotate', path, '--rollback']);
    expect(await currentKey()).toBe('old-key');
    await later(2 * dayMs, async (rotations) => {
      expect(await rotations.task(path)).toMatchObject({
        name: 'revoke',
        title: expect.stringContaining('the new one'),
      });
      await rotations.confirm(path, 'revoke');
      await expect(rotations.rotate(path, 'due')).rejects.toMatchObject({ code: 'conflict' });
      exchange.keys.delete('new-key');
      expect((await rotations.rotate(path, 'due')).state).toBe('rolled_back');
    });
    expect(exchange.keys.has('old-key')).toBe(true);
  });

  test('is not made current by a timer, which says what a person has to do', async () => {
    await laptop.ok(['set', path, '--keep-value', '--meta', 'last_rotated=2020-01-01']);
    const due = await laptop.ok(['rotate', '--due']);
    expect(due.stderr).toContain('Rotate and test it in staging first');
    expect(await currentKey()).toBe('old-key');
  });

  test.each([
    [['--field', 'api_key=the-value'], '--field takes no value'],
    [['--field', 'api_key', '--field', 'api_secret=-'], 'standard input holds one field only'],
    [['--confirm', 'revoke'], 'what is to be done next is stage'],
    [['--confirm', 'promote'], 'what is to be done next is stage'],
    [['--due', '--confirm', 'stage'], 'not for --due'],
    [['--confirm', 'stage', '--by', 'anna\u001b[2J'], 'in one line'],
    [['--field', 'api_key=@keyward.yaml'], 'no field can be entered for exchange/binance now'],
  ])('refuses %j', async (options, problem) => {
    const ran = await laptop.run(['rotate', path, ...options]);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toContain(problem);
    expect(ran.stderr).not.toContain('the-value');
  });
});
