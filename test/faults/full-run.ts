import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { join } from 'node:path';
import { repository } from './home.js';

/** Whether the stated counts are run, whose result is kept, instead of the small ones of every day. */
const isFull = process.env['KEYWARD_FULL'] === '1';

export function count({ daily, full }: { readonly daily: number; readonly full: number }): number {
  return isFull ? full : daily;
}

/** How long a test may take whose counts are those of a full run. */
export const fullRunMs = 6 * 60 * 60 * 1000;

/** Keeps the result of a full run in `docs/evidence/`, with what it was measured on. */
export function keepEvidence(name: string, claim: string, result: Readonly<Record<string, unknown>>): void {
  if (!isFull) return;
  const versions = { keyward: versionOf('.'), node: process.version, lmdb: versionOf('node_modules/lmdb') };
  const host = `${type()} ${release()}, ${process.arch}, ${cpus().length} cores`;
  const page = { claim, date: new Date().toISOString().slice(0, 10), versions, host, result };
  writeFileSync(join(repository, 'docs/evidence', `${name}.json`), `${JSON.stringify(page, undefined, 2)}\n`);
}

function versionOf(folder: string): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8'));
  return version;
}

/** Numbers that look random and repeat for a seed, which is printed: `KEYWARD_SEED` runs the same ones again. */
export class SeededRandom {
  readonly seed: number;
  #state: number;

  constructor() {
    this.seed = Number(process.env['KEYWARD_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    this.#state = this.seed;
    process.stdout.write(`KEYWARD_SEED=${this.seed}\n`);
  }

  /** From 0 to below the limit (mulberry32, public domain). */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }
}
