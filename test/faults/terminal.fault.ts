import { execFileSync, spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Home, keywardProgram } from './home.js';
import { assertProgram } from './needed-program.js';
import { Run } from './run.js';

const size = { columns: 101, rows: 33 };

/** Tells what its terminal is, every signal and change of size, and ends with the number of signals at a line. */
const program = `
  const tell = (name, value) => console.log(name + ' ' + JSON.stringify(value));
  let count = 0;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1'])
    process.on(signal, () => { count += 1; tell('got', signal); });
  process.stdout.on('resize', () => tell('size', process.stdout.getWindowSize()));
  process.stdin.on('data', (line) => { tell('read', String(line)); process.exit(count); });
  tell('terminals', [process.stdin.isTTY, process.stdout.isTTY, process.stderr.isTTY]);
  tell('size', process.stdout.getWindowSize());
  tell('colours', process.stdout.getColorDepth());
  tell('name', require('node:fs').readlinkSync('/proc/self/fd/0'));
  tell('keyward', process.ppid);
`;

let home: Home;
let terminal: Run;
beforeAll(() => {
  assertProgram('script', 'bsdutils');
  home = Home.withStore();
  home.writeConfig('project: fault\nenvironment: development\nproviders: [{ env: {} }]\nsecrets: {}\n');
});
afterAll(() => home.remove());

/** Runs the program by keyward at a terminal of its own. */
beforeEach(async () => {
  const run = `'${process.execPath}' '${keywardProgram}' run -- '${process.execPath}' -e "$PROGRAM"`;
  const command = `stty columns ${size.columns} rows ${size.rows}; exec ${run}`;
  const { NO_COLOR: _, ...env } = home.env;
  terminal = new Run(
    spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: home.project,
      env: { ...env, PROGRAM: program, TERM: 'xterm-256color', SHELL: '/bin/sh' },
      detached: true,
    }),
  );
  await terminal.prints('keyward ');
});
afterEach(() => terminal.kill());

function told(name: string): unknown {
  const line = terminal.output.split(/\r?\n/).findLast((candidate) => candidate.startsWith(`${name} `));
  return line && JSON.parse(line.slice(name.length + 1));
}

/** The program has seen everything that was sent before this, since signals are handed on in their order. */
async function endedAfterEverySignal(): Promise<number | NodeJS.Signals> {
  process.kill(Number(told('keyward')), 'SIGUSR1');
  await terminal.prints('got "SIGUSR1"');
  terminal.write('\r');
  return terminal.ended;
}

describe('a program that keyward runs at a terminal', () => {
  test('has the terminal on all three streams, with its size and its colours', () => {
    expect(told('terminals')).toEqual([true, true, true]);
    expect(told('size')).toEqual([size.columns, size.rows]);
    expect(told('colours')).toBe(8);
  });

  test('is told when the size of the terminal changes', async () => {
    execFileSync('stty', ['-F', String(told('name')), 'columns', '77']);
    await terminal.prints(`size [77,${size.rows}]`);
  });

  test('reads what is typed, and ends with its own status', async () => {
    terminal.write('typed\r');
    await terminal.prints('read "typed\\n"');
    expect(await terminal.ended).toBe(0);
  });

  test.each([
    ['Ctrl-C', '\x03', 'SIGINT'],
    ['Ctrl-\\', '\x1c', 'SIGQUIT'],
  ])('gets one signal when %s is typed', async (_, key, signal) => {
    terminal.write(key);
    await terminal.prints(`got "${signal}"`);
    expect(await endedAfterEverySignal(), 'how many signals the program got').toBe(2);
  });

  test('gets the SIGTERM that keyward gets, once', async () => {
    process.kill(Number(told('keyward')), 'SIGTERM');
    await terminal.prints('got "SIGTERM"');
    expect(await endedAfterEverySignal()).toBe(2);
  });
});
