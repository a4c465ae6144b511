import { basename } from 'node:path';
import { isKeywardError, KeywardError } from '../core/errors.js';
import { formatDocument, parseDocument } from '../formats/document-text.js';
import { changeSealed, readSealed, type SealedPlace } from '../lifecycle/sealed/sealed-place.js';
import { changesToTexts, textsOf } from '../lifecycle/sealed/sealed-texts.js';
import { type Invocation, textOption } from './command.js';
import { createEditedText } from './edit-text.js';
import { canAsk, confirm } from './prompt.js';
import { sealedPlace } from './sealed-options.js';

/**
 * Opens all texts of a sealed file in the editor, by name; values that stay keep their lines. What is wrong can be edited
 * again.
 *
 * @throws KeywardError `conflict` when the file changed meanwhile; as `readSealed`.
 */
export async function editSealed(invocation: Invocation, name: string): Promise<number> {
  const { io, output } = invocation;
  const place = await sealedPlace(invocation, name);
  const before = textsOf(await readSealed(place));
  const shown = await formatDocument(before);
  const fileName = `${basename(name).replace(/\.[^.]*$/, '')}.${shown.format}`;
  const editor = await createEditedText({
    io,
    fileName,
    text: shown.text,
    inFolder: textOption(invocation, 'filesDir'),
  });
  try {
    for (;;) {
      const text = await editor.edit();
      try {
        const changed = await write(place, before, await parseDocument({ ...shown, text }, fileName));
        if (output.json) output.document({ file: place.file, changed });
        else output.note(changed.length === 0 ? 'nothing was changed' : `changed ${changed.join(', ')}`);
        return 0;
      } catch (error) {
        if (!isKeywardError(error, 'invalid') || !canAsk(io)) throw error;
        output.error(error);
        if ((await confirm(io, 'Edit again?')) !== true) throw givenUp();
      }
    }
  } finally {
    editor.remove();
  }
}

type Texts = ReturnType<typeof textsOf>;

async function write(place: SealedPlace, before: Texts, after: Texts): Promise<readonly string[]> {
  let changed: readonly string[] = [];
  await changeSealed(place, (file) => {
    if (!isSame(textsOf(file), before)) {
      throw new KeywardError('conflict', `${place.file} was changed while it was edited; nothing was written`, {
        advice: 'Edit it again.',
      });
    }
    const changes = changesToTexts(file, after, place.clock.now());
    changed = [...changes.keys()];
    return changed.length === 0 ? undefined : file.changed(changes);
  });
  return changed;
}

function isSame(one: Texts, other: Texts): boolean {
  return (
    one.length === other.length && one.every(({ name, text }, i) => name === other[i]?.name && text === other[i]?.text)
  );
}

function givenUp(): KeywardError {
  return new KeywardError('invalid', 'given up; nothing was changed', { advice: 'Run it again.' });
}
