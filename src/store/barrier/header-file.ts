import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { equalBytes } from '../../crypto/encoding.js';
import { fileError } from '../../host/file-error.js';
import { listFolder } from '../../host/list-folder.js';
import { readOwnedFile, syncFolder, writeOwnedFile, writeOwnedFileSync } from '../../host/owned-file.js';
import { removeFile } from '../../host/remove-file.js';
import type { Sequencer } from '../physical/sequencer.js';
import { describeHeader, type StoredHeader } from './header.js';
import { headerFileName } from './header-name.js';

const latchFileName = (id: string) => `latch-${id}.kw`;
/** A latch, and what a write leaves behind that was cut off before its file had its name. */
const ownName = /^(?:latch-[0-9a-f]{32}\.kw|\.(?:header|latch-[0-9a-f]{32})\.kw\.[0-9a-f]+\.tmp)$/;

const maxHeaderBytes = 1024 * 1024;
const latchBytes = 32;
const turnWithinMs = 2_000;

export interface HeaderPlace {
  /** Of the store. */
  readonly folder: string;
  /** Orders the processes that change the header. Its state is left as it is. */
  readonly sequencer: Sequencer;
}

/**
 * The header in the folder of a store; `undefined` when there is none.
 *
 * @throws KeywardError `config` when others can read the files, `integrity` when the header is damaged or its latch is
 * missing, `unsupported` for the header of another version of Keyward.
 */
export async function readHeader(folder: string): Promise<StoredHeader | undefined> {
  for (let before: Uint8Array | undefined; ; ) {
    const bytes = await readOwnedFile(join(folder, headerFileName), { maxBytes: maxHeaderBytes });
    if (bytes === undefined) return undefined;
    const name = latchFileName(describeHeader(bytes).latch);
    const latch = await readOwnedFile(join(folder, name), { maxBytes: latchBytes });
    if (latch !== undefined) return { bytes, latch };
    // Between the two reads the header and its latch may have been replaced together.
    if (before !== undefined && equalBytes(before, bytes)) throw latchIsMissing(folder, name);
    before = bytes;
  }
}

/** Writes the header of a new store into its folder. @throws KeywardError `conflict` when there is one. */
export async function writeNewHeader(folder: string, { bytes, latch }: StoredHeader): Promise<void> {
  writeOwnedFileSync(join(folder, latchFileName(describeHeader(bytes).latch)), latch);
  await writeOwnedFile(join(folder, headerFileName), bytes, { exclusive: true });
}

/**
 * Puts `after` in the place of `before`. After a crash at any point one of the two stands there, complete and with its
 * latch; what the other one left behind is taken away by `tidyHeader`.
 *
 * @throws KeywardError `conflict` when the header is not `before` any more, `timeout` when another process holds the
 * turn, `unavailable` when the disk fails. Nothing has changed then.
 */
export function replaceHeader(place: HeaderPlace, before: StoredHeader, after: StoredHeader): Promise<void> {
  const { folder } = place;
  return inTurn(place, () => {
    if (!equalBytes(presentHeader(folder), before.bytes)) {
      throw new KeywardError('conflict', 'the slots or keys of the store were changed by somebody else meanwhile', {
        store: folder,
        advice: 'Look at them with keyward slot list, then make the change again if it is still wanted.',
      });
    }
    writeOwnedFileSync(join(folder, latchFileName(describeHeader(after.bytes).latch)), after.latch);
    writeOwnedFileSync(join(folder, headerFileName), after.bytes);
    removeStrays(folder);
  });
}

/** Takes away what changes of the header left behind that were cut off. Costs one look at the folder when there is none. */
export async function tidyHeader(place: HeaderPlace): Promise<void> {
  if (strays(place.folder).length > 0) await inTurn(place, () => removeStrays(place.folder));
}

function removeStrays(folder: string): void {
  const names = strays(folder);
  for (const name of names) removeFile(join(folder, name));
  if (names.length > 0) syncFolder(folder);
}

function strays(folder: string): readonly string[] {
  const kept = latchFileName(describeHeader(presentHeader(folder)).latch);
  return listFolder(folder).filter((name) => ownName.test(name) && name !== kept);
}

function presentHeader(folder: string): Uint8Array {
  const path = join(folder, headerFileName);
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (error) {
    throw fileError(error, 'read', path);
  }
}

function inTurn({ sequencer }: HeaderPlace, act: () => void): Promise<void> {
  const step = () => {
    act();
    return { state: undefined, result: undefined };
  };
  return sequencer.exclusive(step, { deadlineMs: turnWithinMs });
}

function latchIsMissing(folder: string, name: string): KeywardError {
  return new KeywardError(
    'integrity',
    `the header of the store at ${folder} does not belong to this folder: ${name} is missing`,
    {
      store: folder,
      advice: 'A header alone opens nothing. Put back the whole folder of the store from one backup.',
    },
  );
}
