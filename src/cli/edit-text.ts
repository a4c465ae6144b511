import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { isOwnCredential } from '../core/injection-rules.js';
import { maxPayloadBytes } from '../core/payload.js';
import { startChild, takeSignals } from '../host/child-process.js';
import { createMemoryFolder } from '../host/memory-folder.js';
import { readTextFile } from '../host/plain-file.js';
import type { CliIo } from './io.js';
import { screenOptions } from './screen-editor.js';

/** A text in an editor, as often as it takes. */
export interface EditedText {
  /**
   * Opens the editor on the text as it was last saved; answers it when the editor has ended.
   *
   * @throws KeywardError `config` when there is no editor or it fails, `invalid` when the text is no longer UTF-8.
   */
  edit(): Promise<string>;
  /** Overwrites and removes the file, and whatever the editor put beside it. */
  remove(): void;
}

export interface EditTextOptions {
  readonly io: CliIo;
  /** Of the file, without a folder. */
  readonly fileName: string;
  readonly text: string;
  /** Instead of memory. */
  readonly inFolder: string | undefined;
}

/** Room for escapes and quotes around the largest value. */
const maxBytes = 8 * maxPayloadBytes;

/** @throws KeywardError `unsupported` when there is no memory to put the file in and no folder was named. */
export async function createEditedText({ io, fileName, text, inFolder }: EditTextOptions): Promise<EditedText> {
  const folder = await createMemoryFolder({ env: io.env, inFolder: inFolder && resolve(io.cwd, inFolder) });
  const file = join(folder.path, fileName);
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  return {
    edit: async () => {
      await runEditor(io, file, folder.path);
      const edited = await readTextFile(file, { maxBytes });
      if (edited !== undefined) return edited;
      throw new KeywardError('invalid', 'the editor removed the file; nothing was changed');
    },
    remove: () => folder.remove(),
  };
}

/** The editor's own temporary files go into the folder too. */
async function runEditor(io: CliIo, file: string, folder: string): Promise<void> {
  const editor = io.env['VISUAL'] || io.env['EDITOR'] || 'vi';
  const own = Object.entries(io.env).filter(([name]) => !isOwnCredential(name));
  const options = await screenOptions(editor, io);
  const child = startChild({
    command: '/bin/sh',
    // The editor takes the place of the shell, so that a signal reaches it.
    args: ['-c', `exec ${editor} "$@"`, editor, ...options, file],
    env: { ...Object.fromEntries(own), TMPDIR: folder },
    cwd: io.cwd,
  });
  const release = takeSignals((signal, isSentToChild) => {
    if (!isSentToChild) child.kill(signal);
  });
  const status = await child.exited.finally(release);
  if (status === 0) return;
  throw new KeywardError('config', `the editor ended with status ${status}; nothing was changed`, {
    advice: 'Name a program that waits until the file is closed in VISUAL or EDITOR, for example: code --wait',
  });
}
