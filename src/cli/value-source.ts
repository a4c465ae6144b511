import { resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { withoutFinalNewline } from '../core/final-newline.js';
import { checkedPayload, maxPayloadBytes, type Payload, payloadOf, textPayload } from '../core/payload.js';
import { parseField } from '../core/ref.js';
import { errnoOf } from '../host/file-error.js';
import { readPlainFile } from '../host/plain-file.js';
import { generateValue, parseRecipe, type Recipe } from '../lifecycle/generate/generate-value.js';
import { flagOption, type Invocation, listOption, textOption } from './command.js';
import { askHidden, canAsk } from './prompt.js';
import { readStandardInput } from './standard-input.js';

/** Where a value comes from. */
export type ValueSource =
  | { readonly kind: 'argument'; readonly text: string }
  | { readonly kind: 'input' }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'generated'; readonly recipe: Recipe };

/** Sources of fields by name, the one source of a whole value, or none when the value is to stay. */
export type ValueSources =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly source: ValueSource }
  | { readonly kind: 'fields'; readonly sources: ReadonlyMap<string, ValueSource> };

/**
 * What `field=…` arguments, `--generate` and `--file` ask for; standard input or a prompt when they ask for nothing.
 *
 * @throws KeywardError `invalid` when they contradict each other; it never repeats a value.
 */
export function parseValueSources(invocation: Invocation, assignments: readonly string[]): ValueSources {
  const named = [...assignments.map(parseAssignment), ...listOption(invocation, 'generate').map(parseGenerated)];
  const file = textOption(invocation, 'file');
  const whole = [
    ...named.filter(({ field }) => field === undefined).map(({ source }) => source),
    ...(file === undefined ? [] : [{ kind: 'file', name: file } as const]),
  ];
  const sources = new Map<string, ValueSource>();
  for (const { field, source } of named) {
    if (field === undefined) continue;
    if (sources.has(field)) throw new KeywardError('invalid', `the field ${field} is given twice`);
    sources.set(field, source);
  }
  if (whole.length + Math.min(sources.size, 1) > 1) {
    throw new KeywardError('invalid', 'a whole value and fields, or several values, cannot be set at once', {
      advice: 'Name the field of each: <field>=-, <field>=@<file>, --generate <field>=hex:32.',
    });
  }
  if (flagOption(invocation, 'keepValue')) {
    if (whole.length + sources.size === 0) return { kind: 'none' };
    throw new KeywardError('invalid', '--keep-value takes no value');
  }
  if (sources.size > 0) return { kind: 'fields', sources: oneReaderOfInput(invocation, sources) };
  return { kind: 'value', source: whole[0] ?? { kind: 'input' } };
}

/**
 * The value itself. One final newline of input and files is dropped unless `--exact` is set, and said.
 *
 * @param what for messages: the ref that it is for.
 * @throws KeywardError `invalid` for a value of no bytes unless `--empty` is set, `config` for a file that cannot be
 * read, `too_large`.
 */
export async function readValue(invocation: Invocation, source: ValueSource, what: string): Promise<Payload> {
  if (source.kind === 'generated') return textPayload(generateValue(source.recipe).expose());
  if (source.kind === 'argument') return textPayload(source.text);
  const { io, output } = invocation;
  const isTyped = source.kind === 'input' && canAsk(io);
  const bytes = isTyped ? await askHidden(io, `Value of ${what}`) : await readBytes(invocation, source);
  if (bytes.length === 0 && !flagOption(invocation, 'empty')) {
    throw new KeywardError('invalid', `no value was given for ${what}; nothing was changed`, {
      advice: 'If an empty value is meant, add --empty.',
    });
  }
  if (isTyped || flagOption(invocation, 'exact')) return payloadOf(bytes);
  const trimmed = withoutFinalNewline(bytes);
  if (trimmed.length < bytes.length) output.note('remark: dropped one final newline (--exact keeps it)');
  return checkedPayload(payloadOf(trimmed));
}

interface NamedSource {
  readonly field: string | undefined;
  readonly source: ValueSource;
}

/** `field=value`, `field=-` for one that is read from input, `field=@name` for one that is read from a file. */
function parseAssignment(text: string): NamedSource {
  const equals = text.indexOf('=');
  if (equals < 0) {
    throw new KeywardError('invalid', 'a field is given as name=value, or name=- to read it', {
      advice: 'To write a single value, give no fields and use standard input or the prompt.',
    });
  }
  const value = text.slice(equals + 1);
  const field = parseField(text.slice(0, equals));
  if (value === '-') return { field, source: { kind: 'input' } };
  if (value.startsWith('@')) return { field, source: { kind: 'file', name: value.slice(1) } };
  return { field, source: { kind: 'argument', text: value } };
}

/** `hex:32` or `field=hex:32`. */
function parseGenerated(text: string): NamedSource {
  const equals = text.lastIndexOf('=');
  const field = equals < 0 ? undefined : parseField(text.slice(0, equals));
  return { field, source: { kind: 'generated', recipe: parseRecipe(text.slice(equals + 1)) } };
}

function oneReaderOfInput(
  { io }: Invocation,
  sources: ReadonlyMap<string, ValueSource>,
): ReadonlyMap<string, ValueSource> {
  const readers = [...sources.values()].filter(({ kind }) => kind === 'input');
  if (readers.length > 1 && !canAsk(io)) {
    throw new KeywardError('invalid', 'standard input can give one field only', {
      advice: 'Give the others as <field>=@<file>, or run it at a terminal.',
    });
  }
  return sources;
}

async function readBytes({ io }: Invocation, source: ValueSource): Promise<Uint8Array> {
  if (source.kind !== 'file') return readStandardInput(io);
  const file = await readPlainFile(resolve(io.cwd, source.name), { maxBytes: maxPayloadBytes + 2 }).catch(
    whereNoFileIs,
  );
  if (file !== undefined) return file.bytes;
  throw new KeywardError('config', 'there is no file of the name that was given for a value', {
    advice: 'Correct the name after --file or @; a value that begins with @ is given on standard input.',
  });
}

/** Nothing for a name that no file can have: it may be a value, and the failure would repeat it. */
function whereNoFileIs(error: unknown): undefined {
  const errno = error instanceof KeywardError ? errnoOf(error.cause) : undefined;
  if (errno !== 'ENAMETOOLONG' && errno !== 'ENOTDIR') throw error;
}
