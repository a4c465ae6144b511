import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { processIo } from '../io.js';
import { createOutput, type Output } from './output.js';

interface Setting {
  readonly isTTY?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

function written(
  use: (output: Output) => void,
  { isTTY = false, env = {}, json = false, quiet = false }: Setting = {},
) {
  const texts = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof texts) => {
    const write = (chunk: Buffer, _encoding: unknown, done: () => void) => {
      texts[name] += chunk.toString();
      done();
    };
    return Object.assign(new Writable({ write }), { isTTY });
  };
  const io = { ...processIo(), stdout: stream('stdout'), stderr: stream('stderr'), env };
  use(createOutput(io, { json, quiet }));
  return texts;
}

const finding: Finding = { severity: 'info', where: 'here', cause: 'something', fix: 'Do this.' };
const error = new KeywardError('denied', 'no', { path: 'a/b', advice: 'Ask.' });

describe('output', () => {
  test('puts results on standard output and everything else on standard error', () => {
    const { stdout, stderr } = written((output) => {
      output.line('result');
      output.note('remark');
      output.finding(finding);
      output.error(error);
    });
    expect(stdout).toBe('result\n');
    expect(stderr).toBe('remark\ninfo: here: something\n  → Do this.\nkeyward: no (denied)\n  → Ask.\n');
  });

  test('gives an error as one line of JSON where that is asked for, without what is not known', () => {
    const { stdout, stderr } = written((output) => output.error(error), { json: true });
    expect(stdout).toBe('');
    expect(stderr.split('\n')).toHaveLength(2);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'denied', message: 'no', path: 'a/b', advice: 'Ask.', exitCode: 4 },
    });
  });

  test('keeps warnings and errors when it is quiet', () => {
    const { stderr } = written(
      (output) => {
        output.note('remark');
        output.finding(finding);
        output.finding({ ...finding, severity: 'warning' });
        output.error(error);
      },
      { quiet: true },
    );
    expect(stderr).toMatch(/^warning: here[\s\S]*keyward: no/);
    expect(stderr).not.toContain('remark');
  });

  test('aligns columns by what is seen of them, and leaves no spaces at the end', () => {
    const { stdout } = written(
      (output) => {
        output.table([[output.style('bold', 'a'), 'b', ''], ['long', 'c', 'd'], []]);
      },
      { isTTY: true },
    );
    expect(stdout).toBe('\u001b[1ma\u001b[22m     b\nlong  c  d\n\n');
  });

  test.each([
    ['in a pipe', { isTTY: false }, false],
    ['on a terminal', { isTTY: true }, true],
    ['on a terminal with NO_COLOR', { isTTY: true, env: { NO_COLOR: '1' } }, false],
    ['on a terminal with an empty NO_COLOR', { isTTY: true, env: { NO_COLOR: '' } }, true],
    ['on a terminal that is dumb', { isTTY: true, env: { TERM: 'dumb' } }, false],
  ])('%s has colour: %j', (_name, setting, hasColour) => {
    const { stdout } = written((output) => output.line(output.style('red', 'x')), setting);
    expect(stdout.includes('\u001b[')).toBe(hasColour);
  });
});
