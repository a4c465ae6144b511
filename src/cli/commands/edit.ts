import { isKeywardError, KeywardError } from '../../core/errors.js';
import { baseOf, type Path, parsePath } from '../../core/path.js';
import { documentMembers, documentOfMembers, type Payload, payloadText, textPayload } from '../../core/payload.js';
import { expectedVersion } from '../../core/provider.js';
import { isSealedFileName } from '../../core/sealed-document.js';
import { Secret } from '../../core/secret.js';
import type { SecretVersion } from '../../core/version.js';
import { type VersionKey, versionKey } from '../../core/version.js';
import { type DocumentText, formatDocument, parseDocument } from '../../formats/document-text.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { createEditedText, type EditedText } from '../edit-text.js';
import { canAsk, confirm } from '../prompt.js';
import { identityOptions } from '../sealed-options.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'edit',
    summary: 'Change a secret, or a sealed file, in your editor',
    usage: '<path-or-file>',
    description: [
      'Opens $VISUAL, else $EDITOR, else vi: the fields of a document as YAML (as JSON when some are no texts), a single',
      'value as text. The file is readable by you alone, lies in memory, and is overwritten and removed at the end.',
      'What you save is written as one new version, unless somebody else wrote one meanwhile; what cannot be read or',
      'written can be edited again. The store is not kept open while you edit.',
      'Of a sealed file (keyward.sealed.yaml, .env.sealed) all texts are shown by name; values that stay keep their lines.',
    ],
    options: [
      { flags: '--files-dir <folder>', description: 'put the file in this folder, which may be on a disk' },
      ...identityOptions,
    ],
    examples: [
      { command: 'keyward edit exchange/binance', explanation: 'fields can be added, changed and removed' },
      {
        command: "EDITOR='code --wait' keyward edit app/tls_key",
        explanation: 'an editor that has to be told to wait',
      },
      { command: 'keyward edit keyward.sealed.yaml', explanation: 'all values of a sealed file' },
    ],
  },
  run: edit,
};

export default command;

/** A secret as an editor shows it; `format` is absent for a single value. */
interface Shown {
  readonly text: string;
  readonly format?: DocumentText['format'];
}

async function edit(invocation: Invocation): Promise<number> {
  const [name = ''] = invocation.args;
  if (isSealedFileName(name)) return (await import('../edit-sealed.js')).editSealed(invocation, name);
  const path = parsePath(name);
  const opened = await readCurrent(invocation, path);
  const shown = await show(opened.payload);
  const fileName = `${baseOf(path)}.${shown.format ?? 'txt'}`;
  const inFolder = textOption(invocation, 'filesDir');
  const editor = await createEditedText({ io: invocation.io, fileName, text: shown.text, inFolder });
  try {
    await editUntilWritten(invocation, editor, opened, (text) => payloadFrom({ ...shown, text }, opened, fileName));
  } finally {
    editor.remove();
  }
  return 0;
}

function readCurrent(invocation: Invocation, path: Path): Promise<SecretVersion> {
  return withWorkspace(invocation, async (workspace) => {
    const provider = workspace.writeTarget();
    const current = await provider.read({ path });
    if (current !== undefined) return current;
    throw new KeywardError('not_found', `${provider.name} has no secret ${path}`, {
      path,
      advice: `Make it with: keyward set ${path}`,
    });
  });
}

/** What was typed is lost only when the person says so. */
async function editUntilWritten(
  invocation: Invocation,
  editor: EditedText,
  opened: SecretVersion,
  parse: (text: string) => Promise<Payload>,
): Promise<void> {
  let over = keyOf(opened);
  for (;;) {
    try {
      const payload = await parse(await editor.edit());
      await write(invocation, opened, payload, over);
      return;
    } catch (error) {
      if (!isKeywardError(error)) throw error;
      const isOvertaken = isKeywardError(error, 'conflict');
      const question = isOvertaken ? 'Edit again, and write over what somebody else wrote?' : 'Edit again?';
      const { io, output } = invocation;
      if (!canAsk(io)) throw error;
      output.error(error);
      if ((await confirm(io, question)) !== true) throw givenUp();
      if (isOvertaken) over = keyOf(await readCurrent(invocation, opened.path));
    }
  }
}

async function write(
  invocation: Invocation,
  { path, payload: before }: SecretVersion,
  payload: Payload,
  ifVersion: VersionKey | undefined,
): Promise<void> {
  const { output } = invocation;
  const written = isSame(before, payload)
    ? undefined
    : await withWorkspace(invocation, async (workspace) => {
        const provider = workspace.writeTarget();
        return {
          provider: provider.name,
          version: await provider.write(path, { payload }, { ifVersion: expectedVersion(provider, ifVersion) }),
        };
      });
  if (output.json) {
    output.document({ path, provider: written?.provider, version: written?.version && versionKey(written.version) });
  } else if (written === undefined) {
    output.note('nothing was changed');
  } else {
    const number = written.version === undefined ? '' : ` version ${versionKey(written.version)}`;
    output.note(`wrote ${path}${number} to ${written.provider}`);
  }
}

function keyOf({ version }: SecretVersion): VersionKey | undefined {
  return version && versionKey(version);
}

/** However the document was laid out when it was stored. */
function isSame(before: Payload, after: Payload): boolean {
  const members = documentMembers(before);
  const plain = members === undefined ? before : documentOfMembers(members);
  return Secret.of(plain).equals(after.bytes);
}

async function show(payload: Payload): Promise<Shown> {
  const members = documentMembers(payload);
  if (members !== undefined) return formatDocument(members);
  if (payload.kind === 'text') return { text: payloadText(payload) };
  throw new KeywardError('invalid', 'the value is binary, which no text editor can change', {
    advice: 'Replace it with: keyward set <path> --file <name>',
  });
}

/** Editors end the last line; a value that had no such end gets none. */
async function payloadFrom({ text, format }: Shown, opened: SecretVersion, fileName: string): Promise<Payload> {
  if (format !== undefined) return documentOfMembers(await parseDocument({ text, format }, fileName));
  const before = payloadText(opened.payload);
  return textPayload(before.endsWith('\n') ? text : text.replace(/\r?\n$/, ''));
}

function givenUp(): KeywardError {
  return new KeywardError('invalid', 'given up; nothing was changed', { advice: 'Run it again.' });
}
