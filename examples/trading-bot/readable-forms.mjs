// Looks for texts in files in every form in which somebody could read them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const shortestForm = 6;

/** The forms of a text that are long enough not to occur by chance, as bytes. */
function formsOf(text) {
  const bytes = Buffer.from(text);
  const swapped = Buffer.from(text, 'utf16le').swap16();
  const hex = bytes.toString('hex');
  const escaped = hex.replace(/../g, '%$&');
  const forms = [
    ...[text, encodeURIComponent(text), hex, hex.toUpperCase(), escaped, escaped.toUpperCase()].map((form) =>
      Buffer.from(form),
    ),
    Buffer.from(text, 'utf16le'),
    swapped,
    ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset)),
  ];
  return forms.filter((form) => form.length >= shortestForm);
}

/** What base64 shows of the bytes when `offset` other bytes stand before them and unknown ones behind. */
function base64At(bytes, offset) {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const known = text.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 8) / 6));
  return [known, known.replaceAll('+', '-').replaceAll('/', '_')].map((form) => Buffer.from(form));
}

/** Which of the texts occur, in any form, in the files below the folders; and how much was searched. */
export function searchFolders(folders, texts) {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const contents = files.map((file) => Buffer.concat([Buffer.from(`${file}\n`), readFileSync(file)]));
  const found = texts.filter((text) =>
    formsOf(text).some((form) => contents.some((content) => content.includes(form))),
  );
  return { files: files.length, bytes: contents.reduce((sum, { length }) => sum + length, 0), found };
}
