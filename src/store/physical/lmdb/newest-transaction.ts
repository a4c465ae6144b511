import { closeSync, constants, openSync, readSync } from 'node:fs';
import { metaBytes, readMeta } from './lmdb-page.js';

/**
 * What the data file itself says about the newest transaction. LMDB goes by a number that its processes share, and in
 * version 3.5.6 one that opens the files can set it back behind a commit that happens meanwhile; whoever writes next
 * would undo that commit.
 */
export class NewestTransaction {
  readonly #file: number;
  readonly #meta = Buffer.alloc(metaBytes);

  /** @throws the error of the operating system. */
  constructor(dataFile: string) {
    this.#file = openSync(dataFile, constants.O_RDONLY | constants.O_NOFOLLOW);
  }

  /** Its number; 0 where a meta page cannot be read, which the check of the file tells of. */
  read(): number {
    const first = this.#readMeta(0);
    if (first === undefined) return 0;
    return Math.max(Number(first.transaction), Number(this.#readMeta(first.pageBytes)?.transaction ?? 0));
  }

  close(): void {
    closeSync(this.#file);
  }

  #readMeta(position: number) {
    if (readSync(this.#file, this.#meta, 0, metaBytes, position) < metaBytes) return undefined;
    const meta = readMeta(this.#meta);
    return typeof meta === 'string' ? undefined : meta;
  }
}
