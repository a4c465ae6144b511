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

afterEach(() => terminal.kill());

/** Runs the program by keyward at a terminal of its own. */
function start(source: string, options: string, more: Readonly<Record<string, string>> = {}): Run {
  const run = `'${process.execPath}' '${keywardProgram}' run ${options} -- '${process.execPath}' -e "$PROGRAM"`;
  const command = `stty columns ${size.columns} rows ${size.rows}; exec ${run}`;
  const { NO_COLOR: _, ...env } = home.env;
  return new Run(
    spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: home.project,
      env: { ...env, PROGRAM: source, TERM: 'xterm-256color', SHELL: '/bin/sh', ...more },
      detached: true,
    }),
  );
}

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
  beforeEach(async () => {
    terminal = start(program, '');
    await terminal.prints('keyward ');
  });

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

describe('a program whose output is masked at a terminal', () => {
  const secret = 'canary-in-a-terminal';
  const token = { TOKEN: 'keyward://app/masked' };
  const environment = { APP_MASKED: secret, ...token };

  test('keeps its colours, and the order in which it wrote to both outputs', async () => {
    const source = `
      const { inspect } = require('node:util');
      for (let i = 0; i < 20; i += 1) {
        require('node:fs').writeSync(1, 'out ' + i + ' ' + process.env.TOKEN + '; ');
        require('node:fs').writeSync(2, 'err ' + i + '\\n');
      }
      console.log(inspect(7, { colors: process.stdout.hasColors?.() ?? Number(process.env.FORCE_COLOR) > 0 }));
      console.log('stdin ' + process.stdin.isTTY + ' force ' + process.env.FORCE_COLOR);`;
    terminal = start(source, '--redact', environment);
    expect(await terminal.ended).toBe(0);
    const expected = Array.from({ length: 20 }, (_, i) => `out ${i} ***REDACTED***; err ${i}\r\n`).join('');
    expect(terminal.output).toContain(expected);
    expect(terminal.output).toContain('\u001b[33m7\u001b[39m');
    expect(terminal.output).toContain('stdin true force 2');
    expect(terminal.output).not.toContain(secret);
  });

  test('shows a prompt at once, also one that could begin a value, and gets the answer', async () => {
    const source = `
      process.stdout.write('token? ca');
      process.stdin.on('data', (line) => { console.log('read ' + line); process.exit(3); });`;
    terminal = start(source, '--redact', environment);
    await terminal.prints('token? ca');
    terminal.write(`${secret}\r`);
    expect(await terminal.ended).toBe(3);
    expect(terminal.output).toContain('read ***REDACTED***');
  });

  test('gets one signal when Ctrl-C is typed, and its status is kept', async () => {
    const source = `
      let count = 0;
      process.on('SIGINT', () => { count += 1; console.log('got ' + count); });
      process.stdin.on('data', () => process.exit(count));
      console.log('ready');`;
    terminal = start(source, '--redact', environment);
    await terminal.prints('ready');
    terminal.write('\x03');
    await terminal.prints('got 1');
    terminal.write('\r');
    expect(await terminal.ended).toBe(1);
  });
});
