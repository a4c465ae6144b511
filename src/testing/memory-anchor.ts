import type { AnchorFile } from '../store/barrier/anchor-file.js';

/** An anchor in memory that counts how often it was written. */
export class MemoryAnchor implements AnchorFile {
  readonly where = 'the anchor in memory';
  bytes: Uint8Array | undefined;
  writes = 0;
  failure: Error | undefined;

  read(): Uint8Array | undefined {
    return this.bytes && Uint8Array.from(this.bytes);
  }

  writtenAt(): Date | undefined {
    return this.bytes && new Date(0);
  }

  write(bytes: Uint8Array): void {
    if (this.failure !== undefined) throw this.failure;
    this.bytes = Uint8Array.from(bytes);
    this.writes += 1;
  }
}
