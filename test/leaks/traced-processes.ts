import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sinks } from '../system/canaries.js';
import { targets, type WorkPlace } from './work-place.js';

const writing = ['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendto', 'sendmsg'];
const naming = ['open', 'openat', 'creat', 'mkdir', 'mkdirat', 'rename', 'renameat', 'renameat2'];
/** Would copy bytes past the eyes of a tracer; made to fail, programs fall back on reading and writing. */
const copying = ['copy_file_range', 'sendfile', 'splice'];
const removing = ['unlink', 'unlinkat', 'link', 'linkat', 'symlink', 'symlinkat'];

/**
 * What every process of a script was started with, wrote and named: each call as it is made, so that nothing is too short
 * to be seen.
 */
export function traced(place: WorkPlace, script: string): Readonly<Record<string, Sinks>> {
  const trace = join(place.home.root, 'trace');
  const calls = ['execve', ...writing, ...naming, ...removing, ...copying].join();
  const shape = ['-f', '-y', '-xx', '-v', '-s', '1048576', '--seccomp-bpf', '-e', 'signal=none'];
  const options = [...shape, '-e', `trace=${calls}`, '-e', `inject=${copying}:error=ENOSYS`];
  place.run(script, {}, ['strace', ...options, '-o', trace]);
  const parts: Record<string, Buffer[]> = {
    'arguments of processes': [],
    'environments of processes': [],
    'bytes written to files': [],
    'bytes written to pipes and sockets': [],
    'names of files': [],
  };
  for (const line of readFileSync(trace, 'latin1').split('\n')) {
    for (const [sink, bytes] of seenIn(line)) parts[sink]?.push(bytes, Buffer.of(0));
  }
  return Object.fromEntries(
    Object.entries(parts).map(([sink, found]) => [sink, new Map([['', Buffer.concat(found)]])]),
  );
}

function seenIn(line: string): readonly (readonly [sink: string, bytes: Buffer])[] {
  const [, call = '', rest = ''] = /^\d+ +([a-z0-9]+)\((.*)$/.exec(line) ?? [];
  if (call === 'execve') {
    const [, args = '', env = ''] = /^"[^"]*", \[([^\]]*)\], \[([^\]]*)\]/.exec(rest) ?? [];
    const [program = Buffer.alloc(0)] = stringsIn(args);
    const started = ['arguments of processes', join0(stringsIn(args))] as const;
    if (targets.includes(program.toString())) return [started];
    return [started, ['environments of processes', join0(stringsIn(env))]];
  }
  if (!writing.includes(call)) return [['names of files', join0(stringsIn(rest))]];
  const [, file = ''] = /^\d+<([^>]*)>/.exec(rest) ?? [];
  const path = file.startsWith('\\x') ? fromHex(file).toString() : file;
  if (path.startsWith('/dev/shm/')) return [];
  const sink = path.startsWith('/') ? 'bytes written to files' : 'bytes written to pipes and sockets';
  return [[sink, Buffer.concat(stringsIn(rest))]];
}

/** With `-xx`, every byte of every string is written in hex. */
function stringsIn(text: string): readonly Buffer[] {
  return [...text.matchAll(/"((?:\\x[0-9a-f]{2})+)"/g)].map(([, hex = '']) => fromHex(hex));
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

function join0(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [part, Buffer.of(0)]));
}
