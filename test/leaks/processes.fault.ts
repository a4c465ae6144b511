import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Home, keywardProgram } from '../faults/home.js';
import { assertProgram } from '../faults/needed-program.js';
import { startRun } from '../faults/run.js';
import { type Sinks, searchFor, valueCanaries } from '../system/canaries.js';
import { filesIn } from '../system/cli.js';
import { isText } from './kept-laptop.js';

const values = valueCanaries().filter(isText);
const leaksIn = searchFor(values);
const leaked = values[1]?.bytes.toString() ?? '';

let home: Home;
let folder: string;
beforeAll(() => {
  for (const name of ['strace', 'tmux', 'gcore']) assertProgram(name, name === 'gcore' ? 'gdb' : name);
  home = Home.withStore();
  folder = join(home.root, 'sink');
  for (const [index, { bytes }] of values.entries()) {
    home.keywardSucceeds(['set', `app/held${index}`], bytes.toString());
    writeFileSync(join(home.project, `value${index}`), bytes);
  }
  writeFileSync(join(home.project, 'bad.env'), `A="${leaked}\n`);
  writeFileSync(join(home.project, 'work.sh'), work);
  writeFileSync(join(home.project, 'report.cjs'), report);
});
afterAll(() => home.remove());
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

/** What a person does in a day, and what fails in it; nothing of it may show a value. */
const work = `
keyward() { "${process.execPath}" $FLAGS "${keywardProgram}" "$@"; }
i=0; while [ $i -lt ${values.length} ]; do keyward set app/new$i --exact < value$i; i=$((i+1)); done
keyward set app/document one=@value1 two=@value2
keyward run --path app -- sleep 0.3
keyward run --path app --files -- sleep 0.3
keyward run --path app --redact -- sleep 0.3
keyward run --path app -- no-such-program
EDITOR=true keyward edit app/held1
keyward list; keyward diff app/held1; keyward history app/held1; keyward delete app/held1; keyward status
keyward import bad.env --yes
keyward set app/held2 --if-version 77 < value2
true
`;

const report = `process.on('exit', () => process.report.writeReport(process.env.SINK + '/' + process.pid + '.json'));`;

interface Sink {
  readonly name: string;
  /** Runs the script of the shell, and answers what the sink holds of it. */
  look(script: string): Promise<Sinks> | Sinks;
  /** A script that leaks there. */
  readonly leak: string;
}

function run(script: string, env: Readonly<Record<string, string>> = {}, behind: readonly string[] = []) {
  const [program = 'sh', ...rest] = [...behind, 'sh', '-c', script];
  const options = { cwd: home.project, env: { ...home.env, SINK: folder, ...env }, maxBuffer: 1 << 28 };
  const { stdout, stderr } = spawnSync(program, rest, options);
  return new Map([
    ['stdout', stdout],
    ['stderr', stderr],
  ]);
}

/** The processes that the script starts, as often as they can be looked at. */
async function sampled(script: string, file: 'cmdline' | 'environ'): Promise<Sinks> {
  const child = spawn('sh', ['-c', script], { cwd: home.project, env: home.env, stdio: 'ignore', detached: true });
  const ended = once(child, 'close');
  const seen = new Map<string, Uint8Array>();
  let isOver = false;
  ended.then(() => (isOver = true));
  while (!isOver) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const [session, command, content] = [sessionOf(pid), read(pid, 'cmdline'), read(pid, file)];
      if (session !== child.pid || (file === 'environ' && command.toString().startsWith('sleep\0'))) continue;
      if (content.length > 0) seen.set(`${file} of ${pid} ${command.subarray(0, 40)} ${content.length}`, content);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return seen;
}

function read(pid: string, file: string): Buffer {
  try {
    return readFileSync(`/proc/${pid}/${file}`);
  } catch {
    return Buffer.alloc(0);
  }
}

function sessionOf(pid: string): number {
  return Number(read(pid, 'stat').toString().split(') ')[1]?.split(' ')[3]);
}

/** What the script left in the folder of the sink. */
function filesAfter(script: string, env: Readonly<Record<string, string>>): Sinks {
  run(script, env);
  return new Map(filesIn(folder).map((name) => [name, readFileSync(name)]));
}

/** Every byte that was written, also to files that are gone; memory files for a program or an editor are meant. */
function written(script: string): Sinks {
  const trace = ['strace', '-f', '-y', '-xx', '-s', '1048576', '-o', join(folder, 'trace')];
  run(script, {}, [...trace, '-e', 'trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg']);
  const lines = readFileSync(join(folder, 'trace'), 'latin1').split('\n');
  const parts = lines
    .filter((line) => !/\(\d+<(?:\\x[0-9a-f]{2})*(?:\/dev\/shm|\\x2f\\x64\\x65\\x76\\x2f\\x73\\x68\\x6d)/.test(line))
    .flatMap((line) => [...line.matchAll(/"((?:\\x[0-9a-f]{2})+)"/g)])
    .map(([, hex = '']) => Buffer.from(hex.replaceAll('\\x', ''), 'hex'));
  return new Map([['written', Buffer.concat(parts)]]);
}

/** A terminal with a real bash in it: its screen with what scrolled away, and the history it saves. */
function terminal(script: string): Sinks {
  const socket = join(folder, 'tmux');
  const env = { ...home.env, HISTFILE: join(folder, 'history'), TERM: 'xterm', PS1: '$ ' };
  const tmux = (...args: readonly string[]) =>
    spawnSync('tmux', ['-S', socket, ...args], { cwd: home.project, env, encoding: 'utf8' }).stdout;
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', '200', '-y', '50', 'bash --norc --noprofile -i');
  for (const line of script.trim().split('\n')) {
    tmux('send-keys', '-l', line);
    tmux('send-keys', 'Enter');
  }
  tmux('send-keys', '-l', `history -w; tmux -S ${socket} wait-for -S done`);
  tmux('send-keys', 'Enter');
  tmux('wait-for', 'done');
  const screen = tmux('capture-pane', '-p', '-J', '-S', '-', '-E', '-');
  const title = tmux('display-message', '-p', '#{pane_title} #{window_name}');
  tmux('kill-server');
  return new Map([
    ['screen', Buffer.from(screen)],
    ['title', Buffer.from(title)],
    ['history', readFileSync(join(folder, 'history'))],
  ]);
}

const node = (source: string) => `"${process.execPath}" -e '${source}'`;
const profiling = () => ({
  NODE_OPTIONS: `--require=${join(home.project, 'report.cjs')}`,
  FLAGS: `--cpu-prof --cpu-prof-dir=${folder}`,
});

const sinks: readonly Sink[] = [
  { name: 'outputs', look: (script) => run(script), leak: `cat value1` },
  {
    name: 'outputs with NODE_DEBUG',
    look: (script) => run(script, { NODE_DEBUG: 'fs,module,net,tls,stream,timer,worker,process' }),
    leak: 'cat value1 >&2',
  },
  { name: 'arguments', look: (script) => sampled(script, 'cmdline'), leak: `sh -c 'sleep 0.5; true' "$(cat value1)"` },
  {
    name: "environments but the target's",
    look: (script) => sampled(script, 'environ'),
    leak: `LEAK="$(cat value1)" sh -c 'sleep 0.5; true'`,
  },
  {
    name: 'bytes written',
    look: written,
    leak: `cp value1 gone; ${node('require("fs").writeFileSync("gone", require("fs").readFileSync("value1")); require("fs").unlinkSync("gone")')}`,
  },
  {
    name: 'diagnostic reports and profiles of the processor',
    look: (script) => filesAfter(script, profiling()),
    leak: `LEAK="$(cat value1)" ${node('0')}`,
  },
  {
    name: 'temporary files',
    look: (script) => filesAfter(script, { TMPDIR: folder }),
    leak: 'cp value1 "$TMPDIR/left"',
  },
  { name: 'the terminal, its title and the history of the shell', look: terminal, leak: 'cat value1; echo' },
];

describe.each(sinks)('$name', ({ look, leak }) => {
  test('hold no value after work and failures', async () => {
    expect(leaksIn(await look('. ./work.sh'))).toEqual([]);
  });

  test('are searched: a leak that is put there is found', async () => {
    expect(leaksIn(await look(leak)).length).toBeGreaterThan(0);
  });
});

describe('the core of a process', () => {
  /** From the middle of the key file, which opens the store; the one key that a test can know. */
  const keyBytes = () => readFileSync(filesIn(home.keyFolder)[0] ?? '').subarray(20, 40);

  async function coreOf(program: readonly string[], mode: readonly string[]): Promise<Buffer> {
    const started = startRun(home, program, {}, mode);
    await started.prints('ready ');
    await started.prints('\n');
    const pid = /ready (\d+)/.exec(started.output)?.[1] ?? '';
    spawnSync('gcore', ['-o', join(folder, 'core'), pid], { stdio: 'ignore' });
    started.end('\n');
    await started.ended;
    return readFileSync(join(folder, `core.${pid}`));
  }

  test('that has closed its store holds no key', async () => {
    const core = await coreOf(['sh', '-c', 'echo ready $PPID; read line'], ['--watch', '--path', 'app']);
    expect(core.includes(keyBytes())).toBe(false);
  });

  test('is searched: a key that is held is found', async () => {
    const [file = ''] = filesIn(home.keyFolder);
    const source = `const held = require("node:fs").readFileSync("${file}");
      process.stdin.on("data", () => process.exit(held.length));
      console.log("ready " + process.pid);`;
    const core = await coreOf([process.execPath, '-e', source], []);
    expect(core.includes(keyBytes())).toBe(true);
  });
});
