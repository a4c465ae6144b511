import { readFileSync } from 'node:fs';

/** The calls that change what a disk holds, and those that make it durable. */
export const tracedCalls =
  'openat,close,lseek,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,ftruncate,fallocate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir';

/** What strace needs to record the bytes of every write; all text comes as hex. */
export function traceTo(recordFile: string): readonly string[] {
  return ['strace', '-f', '-xx', '-s', '8000000', '-o', recordFile, '-e', `trace=${tracedCalls}`];
}

/** One finished call of the record. Lines tell where it began and ended; other threads' calls lie in between. */
export interface TracedCall {
  readonly name: string;
  readonly began: number;
  readonly ended: number;
  /** The numbers among its arguments, each at its place; `NaN` where there is none. */
  readonly numbers: readonly number[];
  readonly flags: string;
  /** Decoded strings: names of files, or the bytes of a write. */
  readonly strings: readonly Buffer[];
  readonly result: number;
}

/** The calls of a record in the order in which they ended. */
export function readTrace(recordFile: string): readonly TracedCall[] {
  const unfinished = new Map<string, { readonly text: string; readonly began: number }>();
  const calls: TracedCall[] = [];
  for (const [index, line] of readFileSync(recordFile, 'latin1').split('\n').entries()) {
    const gap = line.search(/ /);
    const thread = line.slice(0, gap);
    const rest = line.slice(gap).trimStart();
    if (rest.endsWith(' <unfinished ...>')) {
      unfinished.set(thread, { text: rest.slice(0, -' <unfinished ...>'.length), began: index });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest);
    const start = resumed === null ? undefined : unfinished.get(thread);
    const text = start === undefined ? rest : start.text + rest.slice(resumed?.[0].length);
    const call = parseCall(text, start?.began ?? index, index);
    if (call !== undefined) calls.push(call);
  }
  return calls;
}

function parseCall(text: string, began: number, ended: number): TracedCall | undefined {
  const open = text.indexOf('(');
  const result = /\) += (-?\d+)[^)]*$/.exec(text.slice(-200));
  if (open < 1 || result === null) return undefined;
  const strings: Buffer[] = [];
  const plain = text.slice(open + 1).replaceAll(/"((?:\\x[0-9a-f]{2})*)"/g, (_, hex: string) => {
    strings.push(Buffer.from(hex.replaceAll('\\x', ''), 'hex'));
    return '"';
  });
  const inside = plain.slice(0, plain.lastIndexOf(') '));
  const numbers = inside.split(', ').map((part) => (/^-?\d+$/.test(part) ? Number(part) : Number.NaN));
  return { name: text.slice(0, open), began, ended, numbers, flags: inside, strings, result: Number(result[1]) };
}
