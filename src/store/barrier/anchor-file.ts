import { readFileSync, statSync } from 'node:fs';
import { KeywardError } from '../../core/errors.js';
import { writeOwnedFileSync } from '../../host/owned-file.js';

/** Where the anchor of a store is kept: outside the store's own folder. Both calls are synchronous: see `Sequencer`. */
export interface AnchorFile {
  /** For messages. */
  readonly where: string;
  /** `undefined` when there is none. @throws KeywardError when that cannot be told. */
  read(): Uint8Array | undefined;
  /** When it was last written; `undefined` when there is none. */
  writtenAt(): Date | undefined;
  /** Replaces it as a whole. @throws KeywardError; the old one is then still there. */
  write(bytes: Uint8Array): void;
}

/** An anchor in a file with mode 0600; its folder must exist. The file may be read by anyone: it is sealed by a MAC. */
export function anchorFileAt(path: string): AnchorFile {
  return {
    where: path,
    read: () => {
      try {
        return Uint8Array.from(readFileSync(path));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw new KeywardError('unavailable', `cannot read the anchor of the store, ${path}`, {
          store: path,
          advice: 'Make the file readable; without it a store that was rolled back is not noticed.',
          cause: error,
        });
      }
    },
    writtenAt: () => statSync(path, { throwIfNoEntry: false })?.mtime,
    write: (bytes) => writeOwnedFileSync(path, bytes),
  };
}
