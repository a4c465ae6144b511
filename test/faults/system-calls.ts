import { readFileSync } from 'node:fs';

/** One finished system call that `strace -f -y` recorded. */
export interface SystemCall {
  readonly name: string;
  readonly text: string;
  /** The file of its first descriptor, when it has one. */
  readonly file: string;
  readonly descriptor: number;
  /** The quoted arguments: names of files, and the beginning of what is written. */
  readonly strings: readonly string[];
  readonly result: number;
  /** Where in the record it began and ended; what other threads do lies in between. */
  readonly began: number;
  readonly ended: number;
}

/** The calls of a record, in the order in which they ended; those that never did are left out. */
export function readSystemCalls(recordFile: string): readonly SystemCall[] {
  const unfinished = new Map<string, { readonly text: string; readonly began: number }>();
  const calls: SystemCall[] = [];
  for (const [index, line] of readFileSync(recordFile, 'utf8').split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const begun = /^(\w+\(.*) <unfinished \.\.\.>$/.exec(rest);
    if (begun !== null) {
      unfinished.set(thread, { text: begun[1] ?? '', began: index });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const start = resumed === null ? undefined : unfinished.get(thread);
    const text = start === undefined ? rest : start.text + (resumed?.[1] ?? '');
    const call = parseCall(text, start?.began ?? index, index);
    if (call !== undefined) calls.push(call);
  }
  return calls;
}

function parseCall(text: string, began: number, ended: number): SystemCall | undefined {
  const parsed = /^(\w+)\((.*)\) += (-?\d+)/s.exec(text);
  if (parsed === null) return undefined;
  const [, name = '', inside = '', result = ''] = parsed;
  const [, descriptor = '-1', file = ''] = /^(\d+)<([^>]*)>/.exec(inside) ?? [];
  const strings = [...inside.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, string = '']) => string);
  return { name, text, file, descriptor: Number(descriptor), strings, result: Number(result), began, ended };
}

const writes: ReadonlySet<string> = new Set(['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2']);
const syncs: ReadonlySet<string> = new Set(['fsync', 'fdatasync']);

export function isWrite({ name }: SystemCall): boolean {
  return writes.has(name);
}

/** Whether the call made everything durable that was written to its file before it began. */
export function isSync({ name, result }: SystemCall): boolean {
  return syncs.has(name) && result === 0;
}

/** Descriptors whose writes are durable by themselves, as of the end of the calls. */
export function selfSyncing(calls: readonly SystemCall[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { name, text, result } of calls) {
    if (name !== 'openat' || result < 0) continue;
    if (/\bO_D?SYNC\b/.test(text)) found.add(result);
    else found.delete(result);
  }
  return found;
}

/** The writes to the file that a loss of power right after the calls could undo. */
export function unsyncedWrites(calls: readonly SystemCall[], file: string): readonly SystemCall[] {
  const durable = selfSyncing(calls);
  const lastSync = calls.findLast((call) => isSync(call) && call.file === file);
  return calls.filter(
    (call) =>
      isWrite(call) &&
      call.file === file &&
      !durable.has(call.descriptor) &&
      (lastSync === undefined || call.ended > lastSync.began),
  );
}
