import type { Workspace } from '../../compose/workspace.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { withoutFinalNewline } from '../../core/final-newline.js';
import type { Path } from '../../core/path.js';
import { checkedPayload, isDocument, type Payload, payloadOf, payloadText } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { formatRef, parseField, parseRef, type Ref } from '../../core/ref.js';
import type { VersionInfo } from '../../core/version.js';
import { type AssignResult, assignFields, locateAssignment } from '../../resolver/assign.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { askHidden, canAsk } from '../prompt.js';
import { withWorkspace } from '../session.js';
import { readStandardInput } from '../standard-input.js';

const command: Command = {
  spec: {
    name: 'set',
    summary: 'Write a value, or some fields of a document',
    usage: '<ref> [fields...]',
    description: [
      'Without fields, the value comes from a hidden prompt at a terminal, else from standard input; one final newline',
      'is dropped unless --exact. With fields, name=- reads that field from standard input (or a prompt), and',
      'name=value takes it as it stands; the other fields of the document stay.',
      'A path that is a field of an existing document, or of one in the inventory, writes that field.',
    ],
    options: [
      { flags: '--replace', description: 'replace a whole document, and say which fields are gone' },
      { flags: '--empty', description: 'allow a value of no bytes' },
      { flags: '--exact', description: 'keep a final newline' },
      { flags: '--if-version <number>', description: 'only if this is the current version; 0 for a new secret' },
    ],
    examples: [
      { command: 'keyward set app/jwt_secret', explanation: 'asks for the value without showing it' },
      {
        command: 'openssl rand -hex 32 | keyward set app/encryption_key',
        explanation: 'the value from another program',
      },
      {
        command: 'keyward set exchange/binance testnet=false api_key=-',
        explanation: 'two fields, one of them hidden',
      },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => set(invocation, workspace)),
};

export default command;

async function set(invocation: Invocation, workspace: Workspace): Promise<number> {
  const [name = '', ...assignments] = invocation.args;
  const ref = parseRef(name);
  if (ref.version !== undefined) {
    throw new KeywardError('invalid', 'a version cannot be written to; every write makes a new one', {
      path: ref.path,
      advice: `Write to ${formatRef({ path: ref.path, field: ref.field })}.`,
    });
  }
  const result =
    assignments.length > 0
      ? await setFields(invocation, workspace, ref, assignments)
      : await setValue(invocation, workspace, ref);
  report(invocation, workspace, ref, result);
  return 0;
}

async function setValue(invocation: Invocation, workspace: Workspace, ref: Ref): Promise<AssignResult> {
  const provider = workspace.writeTarget();
  const target = await locateAssignment(provider, workspace.config.inventory, ref);
  if (target.kind === 'secret') await refuseAccidents(invocation, provider, target.path);
  const payload = await inputPayload(invocation, formatRef(ref));
  const ifVersion = ifVersionOption(invocation);
  if (target.kind === 'field') {
    return assignFields(provider, target.path, new Map([[target.field, payloadText(payload)]]), { ifVersion });
  }
  return { version: await provider.write(target.path, { payload }, { ifVersion }), removed: [] };
}

/** What looks like a slip: a value in the place of a document, or typed into the name. */
async function refuseAccidents(invocation: Invocation, provider: Provider, path: Path): Promise<void> {
  const current = await provider.read({ path }).catch((error: unknown) => {
    if (isKeywardError(error, 'deleted')) return undefined;
    throw error;
  });
  if (current === undefined && path.includes('=')) {
    throw new KeywardError('invalid', 'a new name with = in it looks like a field and its value', {
      advice: 'Write a field like this: keyward set <path> <field>=-',
    });
  }
  if (current !== undefined && isDocument(current.payload) && !flagOption(invocation, 'replace')) {
    throw new KeywardError(
      'conflict',
      `${path} is a document with fields, and a single value would replace all of it`,
      {
        path,
        advice: `Name the field (keyward set ${path}#field), or replace the document with --replace.`,
      },
    );
  }
}

async function setFields(
  invocation: Invocation,
  workspace: Workspace,
  ref: Ref,
  assignments: readonly string[],
): Promise<AssignResult> {
  if (ref.field !== undefined) {
    throw new KeywardError('invalid', 'name the field either after # or as field=value, not both', { path: ref.path });
  }
  const parsed = assignments.map(parseAssignment);
  const fromInput = parsed.filter(({ value }) => value === undefined);
  if (fromInput.length > 1 && !canAsk(invocation.io)) {
    throw new KeywardError('invalid', 'standard input can give one field only', { path: ref.path });
  }
  const fields = new Map<string, string>();
  for (const { field, value } of parsed) {
    if (fields.has(field)) throw new KeywardError('invalid', `the field ${field} is given twice`, { path: ref.path });
    fields.set(field, value ?? payloadText(await inputPayload(invocation, `${ref.path}#${field}`)));
  }
  if (parsed.some(({ value }) => value !== undefined && value.length > 0)) {
    invocation.output.note(
      'remark: values in arguments can be seen by other programs and stay in the history; use name=-',
    );
  }
  return assignFields(workspace.writeTarget(), ref.path, fields, {
    ifVersion: ifVersionOption(invocation),
    replace: flagOption(invocation, 'replace'),
  });
}

/** `field=value`, or `field=-` for one that is read from input. */
function parseAssignment(text: string): { readonly field: string; readonly value: string | undefined } {
  const equals = text.indexOf('=');
  if (equals < 0) {
    throw new KeywardError('invalid', 'a field is given as name=value, or name=- to read it', {
      advice: 'To write a single value, give no fields and use standard input or the prompt.',
    });
  }
  const value = text.slice(equals + 1);
  return { field: parseField(text.slice(0, equals)), value: value === '-' ? undefined : value };
}

async function inputPayload(invocation: Invocation, what: string): Promise<Payload> {
  const { io, output } = invocation;
  const bytes = canAsk(io) ? await askHidden(io, `Value of ${what}`) : await readStandardInput(io);
  if (bytes.length === 0 && !flagOption(invocation, 'empty')) {
    throw new KeywardError('invalid', `no value was given for ${what}; nothing was changed`, {
      advice: 'If an empty value is meant, add --empty.',
    });
  }
  if (canAsk(io)) return payloadOf(bytes);
  if (flagOption(invocation, 'exact')) return payloadOf(bytes);
  const trimmed = withoutFinalNewline(bytes);
  if (trimmed.length < bytes.length) output.note('remark: dropped one final newline (--exact keeps it)');
  return checkedPayload(payloadOf(trimmed));
}

function ifVersionOption(invocation: Invocation): number | undefined {
  const text = textOption(invocation, 'ifVersion');
  if (text === undefined) return undefined;
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(text)) {
    throw new KeywardError('invalid', '--if-version takes the number of a version, or 0 for a new secret');
  }
  return Number(text);
}

function report(invocation: Invocation, workspace: Workspace, ref: Ref, result: AssignResult): void {
  const { output } = invocation;
  const version: VersionInfo | undefined = result.version;
  const provider = workspace.writeTarget().name;
  if (output.json) {
    output.document({ ref: formatRef(ref), provider, version: version?.number, removed: result.removed });
    return;
  }
  const number = version === undefined ? '' : ` version ${version.number}`;
  output.note(`wrote ${formatRef(ref)}${number} to ${provider}`);
  if (result.removed.length > 0) output.note(`removed the fields ${result.removed.join(', ')}`);
}
