import { readFileSync } from 'node:fs';

/** A call by its name and which call of this name it is in its thread, counted from 1 as strace's `when=` does. */
export interface OrdinalCall {
  readonly name: string;
  readonly ordinal: number;
  readonly text: string;
}

/** Every call that a record of `strace -f` shows as begun. */
export function readOrdinals(recordFile: string): readonly OrdinalCall[] {
  const counts = new Map<string, number>();
  return readFileSync(recordFile, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, thread, name, text] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
      if (thread === undefined || name === undefined || text === undefined) return [];
      const key = `${thread} ${name}`;
      const ordinal = (counts.get(key) ?? 0) + 1;
      counts.set(key, ordinal);
      return [{ name, ordinal, text }];
    });
}
