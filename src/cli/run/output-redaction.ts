import { fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { WriteStream } from 'node:tty';
import { type Clock, systemClock } from '../../core/clock.js';
import type { Secret } from '../../core/secret.js';
import type { StartedChild } from '../../host/child-process.js';
import { openPipe } from '../../host/named-pipe.js';
import { createRedactor, type NamedValue } from '../../redaction/redactor.js';
import type { CliIo } from '../io.js';
import { MaskedCopy } from './masked-copy.js';

/** Masks values in what programs print, between them and our own outputs. */
export interface OutputRedaction {
  /** Variables that let a program that prints into a pipe still use the colours of our terminal. */
  readonly variables: Readonly<Record<string, string>>;
  /** Masks these values, too, from now on. */
  mask(values: ReadonlyMap<string, Secret>): void;
  /** Starts a program whose outputs are handed on with the values masked. */
  start(
    startWith: (streams: readonly [stdout: number, stderr: number]) => StartedChild,
  ): StartedChild & { readonly drained: Promise<void> };
}

/** @param onSkipped told the names of values that are too short or too common to be masked. */
export function createOutputRedaction(
  io: CliIo,
  onSkipped: (names: readonly string[]) => void,
  clock: Clock = systemClock,
): OutputRedaction {
  const known: NamedValue[] = [];
  let redactor = createRedactor({ values: known });
  const copies = new Set<MaskedCopy>();

  const copyTo = (target: Writable) => {
    const pipe = openPipe();
    const copy = new MaskedCopy(pipe.reader, target, redactor.stream(), clock);
    copies.add(copy);
    return { ...pipe, done: copy.run().finally(() => copies.delete(copy)) };
  };

  return {
    variables: colourVariables(io),
    mask: (values) => {
      const added = [...values].map(([name, secret]) => ({ name, bytes: secret.exposeBytes() }));
      const isNew = ({ bytes }: NamedValue) => !known.some((present) => Buffer.compare(present.bytes, bytes) === 0);
      const fresh = added.filter(isNew);
      if (fresh.length === 0) return;
      known.push(...fresh);
      redactor = createRedactor({ values: known });
      const skipped = redactor.skipped.filter((name) => fresh.some((value) => value.name === name));
      if (skipped.length > 0) onSkipped(skipped);
      for (const copy of copies) copy.use(redactor);
    },
    start: (startWith) => {
      const stdout = copyTo(io.stdout);
      // One pipe for both keeps the order in which the program wrote.
      const stderr = isSameFile(io.stdout, io.stderr) ? stdout : copyTo(io.stderr);
      const pipes = [...new Set([stdout, stderr])];
      try {
        const child = startWith([stdout.writer, stderr.writer]);
        return { ...child, drained: Promise.all(pipes.map(({ done }) => done)).then(() => undefined) };
      } finally {
        for (const { closeWriter } of pipes) closeWriter();
      }
    },
  };
}

/** Colours that a program knows from its terminal, said in variables; none unless a person sees both outputs. */
function colourVariables({ stdout, stderr, env }: CliIo): Readonly<Record<string, string>> {
  const isSeen = stdout instanceof WriteStream && stderr instanceof WriteStream;
  if (!isSeen || (env['NO_COLOR'] ?? '') !== '') return {};
  const level = { 1: undefined, 4: '1', 8: '2', 24: '3' }[stdout.getColorDepth({ ...env })];
  if (level === undefined) return {};
  return { FORCE_COLOR: env['FORCE_COLOR'] ?? level, CLICOLOR_FORCE: env['CLICOLOR_FORCE'] ?? '1' };
}

/** Whether both are one terminal, file or pipe. */
function isSameFile(one: object, other: object): boolean {
  const [a, b] = [one, other].map((stream) =>
    'fd' in stream && typeof stream.fd === 'number' ? fstatSync(stream.fd) : undefined,
  );
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}
