import { describe, expect, test } from 'vitest';
import { isKeywardError, type KeywardError } from '../core/errors.js';
import type { CommandSpec } from './command.js';
import { helpText } from './help-text.js';
import { parseArguments } from './parse.js';

const spec: CommandSpec = {
  name: 'sample',
  summary: 'Does something',
  usage: '<path> [rest...]',
  description: ['First sentence.', 'Second sentence.'],
  options: [
    { flags: '-r, --reveal', description: 'show it' },
    { flags: '--provider <name>', description: 'ask only this one' },
    { flags: '--only <name>', description: 'one of several', repeatable: true },
  ],
  examples: [{ command: 'keyward sample a/b', explanation: 'an example' }],
  exitStatuses: { 1: 'the answer is no' },
};

function refusal(argv: readonly string[], of: CommandSpec = spec): KeywardError {
  try {
    parseArguments(of, argv);
  } catch (error) {
    if (isKeywardError(error, 'invalid')) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('arguments', () => {
  test('are told from options, wherever these stand', () => {
    const { args, options, global } = parseArguments(spec, [
      '--json',
      'a',
      '-r',
      'b',
      '--provider',
      'env',
      '--env',
      'qa',
    ]);
    expect(args).toEqual(['a', 'b']);
    expect(options).toEqual({ reveal: true, provider: 'env' });
    expect(global).toEqual({ environment: 'qa', configFile: undefined, json: true, quiet: false });
  });

  test('of an option that may be repeated are a list', () => {
    expect(parseArguments(spec, ['a', '--only', 'x', '--only', 'y']).options['only']).toEqual(['x', 'y']);
  });

  test('after the program of another command are left as they are', () => {
    const run: CommandSpec = { ...spec, usage: '<program> [arguments...]', passThrough: true };
    const { args, global } = parseArguments(run, ['--json', '--', 'node', '--quiet', '-x', '--', '--env']);
    expect(args).toEqual(['node', '--quiet', '-x', '--', '--env']);
    expect(global).toMatchObject({ json: true, quiet: false });
  });

  test('may be joined to an option, and short options to each other', () => {
    const { args, options, global } = parseArguments(spec, ['-qr', '--provider=a=b', '-', '--env=']);
    expect(args).toEqual(['-']);
    expect(options).toEqual({ reveal: true, provider: 'a=b' });
    expect(global).toMatchObject({ quiet: true, environment: '' });
    const limited = { ...spec, options: [{ flags: '-n, --limit <number>', description: 'how many' }] };
    expect(parseArguments(limited, ['a', '-qn5']).options).toEqual({ limit: '5' });
    expect(parseArguments(limited, ['a', '-n', '-5']).options).toEqual({ limit: '-5' });
  });

  test('of options have the name of the option in camel case, and a negation is false', () => {
    const named: CommandSpec = {
      ...spec,
      options: [
        { flags: '--if-version <version>', description: 'only then' },
        { flags: '--no-values', description: 'names only' },
      ],
    };
    expect(parseArguments(named, ['a', '--if-version', '3', '--no-values']).options).toEqual({
      ifVersion: '3',
      values: false,
    });
    expect(parseArguments(named, ['a']).options).toEqual({ values: true });
  });

  test('that look like an option are arguments after --', () => {
    expect(parseArguments(spec, ['--', '-a', '--json']).args).toEqual(['-a', '--json']);
  });
});

describe('help', () => {
  test('holds usage, sentences, every option, examples and exit statuses', () => {
    const help = helpText(spec);
    expect(help).toContain('Usage: keyward sample [options] <path> [rest...]');
    expect(help).toContain('Does something.\nFirst sentence. Second sentence.\n');
    for (const text of ['--reveal', '--provider <name>', '--env <name>', '--quiet']) expect(help).toContain(text);
    expect(help).toContain('Examples:\n  keyward sample a/b\n      an example');
    expect(help).toContain('Exit status:\n  1  the answer is no');
  });

  test('is not there when it was not asked for', () => {
    expect(parseArguments(spec, ['a']).help).toBe(false);
  });

  test('is there for whoever asks, whatever else is wrong', () => {
    for (const argv of [['--help'], ['-h'], ['-rh'], ['a', '--nonsense', '--help', '--provider']]) {
      expect(parseArguments(spec, argv).help).toBe(true);
    }
    expect(parseArguments(spec, ['a', '--', '--help']).help).toBe(false);
    expect(parseArguments(spec, ['a', '--provider', '--help']).options['provider']).toBe('--help');
  });

  test('keeps to 80 columns', () => {
    const long = 'words of a long description '.repeat(10);
    const lines = helpText({ ...spec, description: [long], options: [{ flags: '--all', description: long }] }).split(
      '\n',
    );
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.filter((line) => line.includes('words of')).length).toBeGreaterThan(6);
  });
});

describe('a wrong call', () => {
  test.each([
    [[], 'keyward sample needs: <path> [rest...]'],
    [['a', '--provider'], 'an option of keyward sample needs a value'],
    [['a', '--nonsense'], 'keyward sample has no such option'],
    [['a', '-z'], 'keyward sample has no such option'],
    [['a', '-rz'], 'keyward sample has no such option'],
    [['a', '--constructor'], 'keyward sample has no such option'],
  ])('%j is said without repeating it', (argv, message) => {
    expect(refusal(argv)).toMatchObject({ message, advice: 'See: keyward sample --help' });
  });

  test('with too many arguments names what there may be', () => {
    const one: CommandSpec = { ...spec, usage: '<path>' };
    expect(refusal(['a', 'b'], one).message).toBe('keyward sample takes only: <path>');
    expect(refusal(['a'], { ...spec, usage: '' }).message).toBe('keyward sample takes only: no arguments');
  });

  test('with an option that is nearly right names the right one', () => {
    expect(refusal(['a', '--provdier=secret']).advice).toBe('Did you mean --provider? See: keyward sample --help');
    expect(refusal(['a', '--json=secret']).advice).toBe('Did you mean --json? See: keyward sample --help');
  });
});
