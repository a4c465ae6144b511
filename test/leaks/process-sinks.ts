import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Sinks } from '../system/canaries.js';
import { filesIn } from '../system/cli.js';
import type { Sink } from './sink.js';
import { traced } from './traced-processes.js';
import type { WorkPlace } from './work-place.js';

/** One way to run a script and to see what it leaves behind, in several places at once. */
export interface Gathering {
  readonly name: string;
  /** The script whose traces must hold no value. */
  readonly work: string;
  /** What each sink holds after the script, by its name. */
  gather(place: WorkPlace, script: string): Readonly<Record<string, Sinks>>;
  readonly sinks: readonly ProcessSink[];
}

export interface ProcessSink extends Sink {
  /** A script that leaks there; the file `value1` holds a value. */
  readonly leak: string;
}

const day = '. ./day.sh';

export const gatherings: readonly Gathering[] = [
  {
    name: 'a day of work',
    work: day,
    gather: (place, script) => {
      const temporary = join(place.folder, 'temporary');
      const { stdout, stderr } = place.run(`mkdir "$TMPDIR"; ${script}`, { TMPDIR: temporary });
      return {
        'standard output': one(stdout),
        'standard error': one(stderr),
        completion: filesOf(place.folder, 'completion'),
        'temporary files': filesOf(temporary),
        'files in memory': filesOf('/dev/shm', 'keyward.'),
        'store, audit log, state and caches': filesOf(place.home.root, '.'),
      };
    },
    sinks: [
      { name: 'standard output', how: 'of every command but those that show a value', leak: 'cat value1' },
      { name: 'standard error', how: 'of every command', leak: 'cat value1 >&2' },
      { name: 'completion', how: 'the words that the shell is offered', leak: 'cat value1 > "$SINK/completion"' },
      { name: 'temporary files', how: 'what is left in `$TMPDIR`', leak: 'cp value1 "$TMPDIR/left"' },
      {
        name: 'files in memory',
        how: 'what is left in `/dev/shm` once the program or the editor has ended',
        leak: 'mkdir /dev/shm/keyward.leak; cp value1 /dev/shm/keyward.leak',
      },
      {
        name: 'store, audit log, state and caches',
        how: 'every file in the hidden folders of the home: data, log, anchor, header, compiled code',
        leak: 'cp value1 "$HOME/.local/state/keyward/leak"',
      },
    ],
  },
  {
    name: 'a day under inspection',
    work: `${day}; export NODE_V8_COVERAGE="$SINK/coverage"; keyward list; keyward run --path app -- sleep 0`,
    gather: (place, script) => {
      const { stdout, stderr } = place.run(script, {
        NODE_DEBUG: 'fs,module,net,tls,stream,timer,worker,process',
        NODE_OPTIONS: `--require=${join(place.home.project, 'report.cjs')}`,
        FLAGS: `--cpu-prof --cpu-prof-dir=${join(place.folder, 'profiles')}`,
      });
      return {
        'debug output of Node': new Map([...one(stdout), ...one(stderr)]),
        'diagnostic reports': filesOf(place.folder, 'report-'),
        'profiles of the processor': filesOf(join(place.folder, 'profiles')),
        coverage: filesOf(join(place.folder, 'coverage')),
      };
    },
    sinks: [
      { name: 'debug output of Node', how: 'both outputs with `NODE_DEBUG` for eight modules', leak: 'cat value1 >&2' },
      {
        name: 'diagnostic reports',
        how: '`process.report` of every process at its end, with its environment',
        leak: `LEAK="$(cat value1)" "${process.execPath}" -e 0`,
      },
      {
        name: 'profiles of the processor',
        how: '`--cpu-prof` for every command',
        leak: `"${process.execPath}" $FLAGS -e "(0, eval)('(function k' + require('fs').readFileSync('value2') + '(){ for (const end = Date.now() + 300; Date.now() < end;); })()')"`,
      },
      {
        name: 'coverage',
        how: '`NODE_V8_COVERAGE` for some commands',
        leak: 'mkdir -p "$SINK/coverage"; cp value1 "$SINK/coverage"',
      },
    ],
  },
  {
    name: 'a day that is traced',
    work: day,
    gather: traced,
    sinks: [
      {
        name: 'arguments of processes',
        how: 'of every program that is started, as strace sees the call',
        leak: 'sh -c true "$(cat value1)"',
      },
      {
        name: 'environments of processes',
        how: 'as before, but for the program that is to have the values',
        leak: 'LEAK="$(cat value1)" sh -c true',
      },
      {
        name: 'bytes written to files',
        how: 'every write that strace sees, also to files that are deleted later, but for files in memory',
        leak: 'cat value1 > gone; rm gone',
      },
      {
        name: 'bytes written to pipes and sockets',
        how: 'every write and send that strace sees',
        leak: 'cat value1 | cat > /dev/null',
      },
      {
        name: 'names of files',
        how: 'every name in a call that opens, makes, renames, links or removes a file, as strace sees it',
        leak: ': > "x$(cat value1)"; rm "x$(cat value1)"',
      },
    ],
  },
  {
    name: 'a project that is published',
    work: '. ./project.sh',
    gather: (place, script) => {
      place.run(script);
      const options = { cwd: join(place.home.root, 'other'), env: place.environment(), maxBuffer: 1 << 28 };
      const { stdout } = spawnSync('git', ['cat-file', '--batch-all-objects', '--batch'], options);
      return { 'git objects': one(stdout), 'npm package': filesOf(place.folder, 'other-') };
    },
    sinks: [
      {
        name: 'git objects',
        how: 'all of a project after `init`, `import` and `seal` of its `.env`, and `git add -A`',
        leak: '. ./project.sh; cp ../project/value1 . && keep leak',
      },
      {
        name: 'npm package',
        how: '`npm pack` of that project',
        leak: '. ./project.sh; cp ../project/value1 . && keep leak',
      },
    ],
  },
  {
    name: 'a day at a terminal',
    work: day,
    gather: atTerminal,
    sinks: [
      { name: 'screen of a terminal', how: 'with what has scrolled away, in tmux', leak: 'cat value1; echo' },
      { name: 'title of a terminal', how: 'in tmux', leak: `printf '\\033]2;%s\\007' "$(cat value1)"` },
      { name: 'history of the shell', how: 'as bash saves it', leak: 'history -s "$(cat value1)"' },
    ],
  },
];

function one(bytes: Uint8Array): Sinks {
  return new Map([['', bytes]]);
}

/** Every file in the entries of the folder whose names begin so. */
function filesOf(folder: string, beginning = ''): Sinks {
  const entries = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(beginning)) : [];
  return new Map(entries.flatMap((name) => filesAt(join(folder, name)).map((path) => [path, contentOf(path)])));
}

function filesAt(path: string): readonly string[] {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? filesIn(path) : [path];
}

/** Nothing where somebody else has taken the file away meanwhile. */
function contentOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    return new Uint8Array();
  }
}

/** A terminal with a real bash in it. */
function atTerminal(place: WorkPlace, script: string): Readonly<Record<string, Sinks>> {
  place.emptySink();
  const socket = join(place.folder, 'tmux');
  const history = join(place.folder, 'history');
  const env = { ...place.environment(), HISTFILE: history, TERM: 'xterm', PS1: '$ ' };
  const tmux = (...args: readonly string[]) =>
    spawnSync('tmux', ['-S', socket, ...args], { cwd: place.home.project, env, encoding: 'utf8' }).stdout;
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', '200', '-y', '50', 'bash --norc --noprofile -i');
  for (const line of [script, `history -w; tmux -S ${socket} wait-for -S done`]) {
    tmux('send-keys', '-l', line);
    tmux('send-keys', 'Enter');
  }
  tmux('wait-for', 'done');
  const screen = tmux('capture-pane', '-p', '-J', '-S', '-', '-E', '-');
  const title = tmux('display-message', '-p', '#{pane_title} #{window_name}');
  tmux('kill-server');
  return {
    'screen of a terminal': one(Buffer.from(screen)),
    'title of a terminal': one(Buffer.from(title)),
    'history of the shell': one(readFileSync(history)),
  };
}
