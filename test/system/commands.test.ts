import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandSpec } from '../../src/cli/command.js';
import { commandTable } from '../../src/cli/command-table.js';
import { allSpecs } from '../../src/cli/commands/help.js';
import { Laptop } from './cli.js';
import { everyCommand } from './every-command.js';

let specs: readonly CommandSpec[];
let laptop: Laptop;

beforeAll(async () => {
  specs = await allSpecs();
  laptop = new Laptop();
  laptop.write('.env', 'JWT_SECRET=quiet-otter-lamp\nBINANCE_API_KEY=k\nBINANCE_SECRET_KEY=s\n');
  await laptop.ok(['init', '--from', '.env']);
});
afterAll(() => laptop.remove());

/** One JSON document and nothing else. */
function document(text: string): unknown {
  expect(text).toMatch(/^[[{][\s\S]*[\]}]\n?$/);
  return JSON.parse(text);
}

const calls = Object.entries(everyCommand);

describe('--json', () => {
  // These need a store that rotates by itself, a rotator, and an incident without tasks for people.
  const without = ['run', 'trust', 'rotation start', 'rotation rollout', 'incident close'];
  const withDocument = calls.filter(([verb]) => !without.includes(verb));

  test.each(withDocument)('makes `%s` answer with one document on standard output', async (_verb, args) => {
    const { status, stdout } = await laptop.run([...args, '--json'], { stdin: 'x' });
    expect(status).toBe(0);
    document(stdout);
  });

  test.each([
    ['a dry run', ['import', '.env', '--dry-run']],
    ['a plan that is written to a file', ['import', '.env', '--write-plan', 'plan.txt']],
    ['a checkpoint', ['audit', 'verify', '--export']],
    ['the whole help', ['help']],
    ['the help of one command', ['help', 'get']],
    ['the help option', ['get', '--help']],
    ['a script', ['completion', 'bash']],
    ['a document', ['get', 'exchange/binance']],
    ['a field', ['get', 'exchange/binance#api_key']],
    ['trust', ['trust', '--yes']],
    ['fields that are written', ['set', 'exchange/binance', 'api_key=x']],
    ['an empty list', ['list', 'nothing/here']],
    ['a name that no store answers', ['explain', 'nothing/here']],
  ])('gives one document for %s', async (_name, args) => {
    document((await laptop.run([...args, '--json'], { stdin: 'x' })).stdout);
  });

  test.each([
    ['not_found', 3, ['get', 'nothing/here']],
    ['invalid', 2, ['get', 'no//path']],
    ['invalid', 2, ['get']],
    ['invalid', 2, ['get', 'app/x', '--unknown']],
    ['invalid', 2, ['nonsense']],
    ['conflict', 6, ['set', 'app/jwt_secret', '--if-version', '9']],
    ['config', 2, ['get', 'app/x', '--config', 'missing.yaml']],
    ['not_found', 3, ['history', 'nothing/here']],
    ['config', 2, ['list', '--provider', 'nothing']],
    ['unsupported', 2, ['rotation', 'start', 'app/jwt_secret']],
  ])('gives a failure (%s) as one line on standard error and nothing else', async (code, status, args) => {
    const ran = await laptop.run([...args, '--json'], { stdin: 'x' });
    expect(ran).toMatchObject({ status, stdout: '' });
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code, exitCode: status } });
  });

  test('after -- belongs to the program', async () => {
    const { stdout } = await laptop.spawn(['run', '--', 'echo', '--json']);
    expect(stdout).toBe('--json\n');
  });
});

describe('every command', () => {
  const silent = calls.filter(([verb]) => verb !== 'run' && verb !== 'trust' && verb !== 'edit');

  test.each(silent)('says with --quiet nothing beyond warnings: `%s`', async (_verb, args) => {
    const { stderr } = await laptop.run([...args, '--quiet'], { stdin: 'x' });
    expect(stderr.split('\n').filter((line) => line !== '' && !/^(?:warning: | {2}→ |keyward: )/.test(line))).toEqual(
      [],
    );
  });

  test.each(silent)('has no colour with NO_COLOR: `%s`', async (_verb, args) => {
    const env = { NO_COLOR: '1' };
    const { stdout, stderr } = await laptop.runAtTerminal([...args, '--no-such-option'], { env });
    const help = await laptop.runAtTerminal([...args, '--help'], { env });
    for (const said of [stdout, stderr, help.stdout]) expect(said).not.toContain('\u001b[');
  });

  test.each(Object.keys(everyCommand))('fails with one line of JSON: `%s`', async (verb) => {
    const { status, stdout, stderr } = await laptop.run([...verb.split(' '), '--no-such-option', '--json']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'invalid', exitCode: 2 } });
  });

  test('shows how far long work has come, on a terminal only', async () => {
    for (const [args, step] of [
      [['audit', 'verify'], 'verifying'],
      [['export', '--reveal'], 'reading'],
    ] as const) {
      expect((await laptop.runAtTerminal(args)).stderr).toContain(step);
      expect((await laptop.runAtTerminal([...args, '--quiet'])).stderr).not.toContain(step);
      expect((await laptop.run(args)).stderr).not.toContain(step);
    }
  });
});

describe('help', () => {
  test('lists every command with one line', async () => {
    const { stdout } = await laptop.ok(['help']);
    for (const { name, summary } of specs)
      expect(stdout).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm'));
    expect((await laptop.ok([])).stdout).toBe(stdout);
    expect((await laptop.ok(['--help'])).stdout).toBe(stdout);
    expect((await laptop.ok(['-h'])).stdout).toBe(stdout);
  });

  test.each([...Object.keys(commandTable), 'completion', 'help'])(
    'of `%s` shows usage, options and examples that begin with its name',
    async (verb) => {
      const words = verb.split(' ');
      const { stdout } = await laptop.ok([...words, '--help']);
      expect(stdout).toContain(`Usage: keyward ${verb}`);
      expect(stdout).toContain('--json');
      expect(stdout).toContain('Examples:');
      const spec = specs.find(({ name }) => name === verb);
      expect(spec?.examples.length).toBeGreaterThan(0);
      for (const { command } of spec?.examples ?? []) expect(command).toContain(`keyward ${verb}`);
      for (const status of Object.keys(spec?.exitStatuses ?? {}))
        expect(stdout).toMatch(new RegExp(`^  ${status}  `, 'm'));
      expect((await laptop.ok(['help', ...words])).stdout).toBe(stdout);
    },
  );

  test('has no full stop in summaries and one at the end of descriptions', () => {
    for (const { name, summary, description } of specs) {
      expect(summary, name).not.toMatch(/\.$/);
      expect(summary.length, name).toBeLessThan(80);
      if (description.length > 0) expect(description.join(' '), name).toMatch(/\.$/);
    }
  });
});

describe('what is typed wrongly', () => {
  test.each([
    [['gte', 'app/x'], 'Did you mean: keyward get'],
    [['inti'], 'Did you mean: keyward init'],
    [['audit'], 'keyward audit show, keyward audit verify'],
    [['audit', 'nonsense'], 'keyward audit show, keyward audit verify'],
    [['get', 'app/x', '--revael'], 'Did you mean --reveal?'],
    [['list', '--provder', 'env'], 'Did you mean --provider?'],
    [['completely-else'], 'keyward help'],
    [['get', 'app/x', '--completely-else'], 'keyward get --help'],
  ])('%j is refused with what was probably meant', async (args, hint) => {
    const { status, stdout, stderr } = await laptop.run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(hint);
  });

  test.each([
    [['correct-horse-battery-staple']],
    [['get', 'app/x', 'correct-horse-battery-staple']],
    [['get', 'app/x', '--correct-horse-battery-staple']],
    [['get', 'app/x', '--token=correct-horse-battery-staple']],
    [['get', 'app/x', '-correct-horse-battery-staple']],
    [['set', 'app/x', 'correct-horse-battery-staple']],
    [['set', 'app/x', 'api_key=correct-horse-battery-staple', 'api_key=correct-horse-battery-staple']],
    [['set', 'app/x', '--if-version', 'correct-horse-battery-staple']],
    [['help', 'correct-horse-battery-staple']],
    [['audit', 'correct-horse-battery-staple']],
    [['init', '--slot', 'correct-horse-battery-staple']],
    [['audit', 'show', '-n', 'correct-horse-battery-staple']],
    [['audit', 'verify', '--key', 'correct-horse-battery-staple']],
    [['version', 'correct-horse-battery-staple']],
  ])('%j does not repeat what could be a secret', async (args) => {
    for (const options of [[], ['--json']]) {
      const { status, stdout, stderr } = await laptop.run([...args, ...options], { stdin: 'x' });
      expect(status).not.toBe(0);
      expect(stdout + stderr).not.toMatch(/correct|horse|battery|staple/);
    }
  });
});

describe('the outputs', () => {
  test('have no colour in a pipe, nor on a terminal with NO_COLOR or TERM=dumb', async () => {
    const colour = '\u001b[';
    expect((await laptop.ok(['status'])).stdout).not.toContain(colour);
    expect((await laptop.runAtTerminal(['status'])).stdout).toContain(colour);
    expect((await laptop.runAtTerminal(['status'], { env: { NO_COLOR: '1' } })).stdout).not.toContain(colour);
    expect((await laptop.runAtTerminal(['status'], { env: { TERM: 'dumb' } })).stdout).not.toContain(colour);
    expect((await laptop.runAtTerminal(['status'], { env: { NO_COLOR: '' } })).stdout).toContain(colour);
  });

  test('keep remarks off standard output, and --quiet silences them', async () => {
    const loud = await laptop.ok(['set', 'app/x'], { stdin: 'x\n' });
    expect(loud.stdout).toBe('');
    expect(loud.stderr).toContain('remark: dropped one final newline');
    expect(await laptop.ok(['set', 'app/x', '--quiet'], { stdin: 'x\n' })).toMatchObject({ stdout: '', stderr: '' });
  });

  test('do not let a name of a secret drive the terminal', async () => {
    const { status, stderr } = await laptop.run(['get', 'app/\u001b[2Jx\u0007']);
    expect(status).toBe(2);
    expect([...stderr.trimEnd()].filter((character) => character < ' ' && character !== '\n')).toEqual([]);
  });
});
