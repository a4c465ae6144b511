import { KeywardError } from './errors.js';
import { type JsonMember, readJsonObject } from './json-tokenizer.js';

/** What one version holds: exact bytes, marked by their writer as UTF-8 text or as binary. */
export interface Payload {
  readonly kind: 'text' | 'binary';
  readonly bytes: Uint8Array;
}

export const maxPayloadBytes = 512 * 1024;

/** The one field of a payload that is not a JSON object. */
export const valueField = 'value';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** @throws KeywardError `invalid` for a lone surrogate, `too_large` over 512 KiB. */
export function textPayload(text: string): Payload {
  if (!text.isWellFormed()) throw new KeywardError('invalid', 'the value is not valid unicode text');
  return checkedPayload({ kind: 'text', bytes: encoder.encode(text) });
}

/** @throws KeywardError `too_large` over 512 KiB. */
export function binaryPayload(bytes: Uint8Array): Payload {
  return checkedPayload({ kind: 'binary', bytes: Uint8Array.from(bytes) });
}

/** Text when the bytes are valid UTF-8, else binary. @throws KeywardError `too_large` */
export function payloadOf(bytes: Uint8Array): Payload {
  return checkedPayload({ kind: isUtf8(bytes) ? 'text' : 'binary', bytes: Uint8Array.from(bytes) });
}

/** A document with these fields, in this order. @throws KeywardError `too_large`, `invalid` for no valid unicode */
export function documentPayload(fields: Iterable<readonly [string, string]>): Payload {
  const members = [...fields].map(([name, value]) => memberText(name, value));
  return textPayload(`{${members.join(',')}}`);
}

/** As `documentPayload`, with the values that are no texts in their verbatim form. @throws as there */
export function documentOfMembers(members: readonly JsonMember[]): Payload {
  const parts = members.map(({ name, text, isString }) =>
    isString ? memberText(name, text) : `${JSON.stringify(name)}:${text}`,
  );
  return textPayload(`{${parts.join(',')}}`);
}

/** The payload itself. @throws KeywardError `too_large` over 512 KiB, `invalid` when text is not UTF-8. */
export function checkedPayload(payload: Payload): Payload {
  if (payload.bytes.length > maxPayloadBytes) {
    throw new KeywardError(
      'too_large',
      `the value has ${payload.bytes.length} bytes; a version holds at most ${maxPayloadBytes}`,
    );
  }
  if (payload.kind === 'text' && !isUtf8(payload.bytes)) {
    throw new KeywardError('invalid', 'the value is marked as text but is not UTF-8', {
      advice: 'Store it as binary.',
    });
  }
  return payload;
}

/** The text of a text payload. @throws KeywardError `invalid` for a binary one. */
export function payloadText(payload: Payload): string {
  if (payload.kind === 'binary') throw new KeywardError('invalid', 'the value is binary and has no text form');
  return decoder.decode(payload.bytes);
}

/** The members of a payload that is a JSON object without duplicate names; `undefined` for any other payload. */
export function documentMembers(payload: Payload): readonly JsonMember[] | undefined {
  if (payload.kind === 'binary' || payload.bytes[firstNonSpace(payload.bytes)] !== 0x7b) return undefined;
  return readJsonObject(payloadText(payload));
}

/** Whether the payload has fields of its own, as opposed to the one field `value`. */
export function isDocument(payload: Payload): boolean {
  return documentMembers(payload) !== undefined;
}

/** Every field as its own payload. A payload without fields has the one field `value`, which is the payload itself. */
export function fieldsOf(payload: Payload): ReadonlyMap<string, Payload> {
  const members = documentMembers(payload);
  if (members === undefined) return new Map([[valueField, payload]]);
  return new Map(members.map((member) => [member.name, textPayload(member.text)]));
}

/** The field, or `undefined` when the payload does not have it. */
export function fieldOf(payload: Payload, name: string): Payload | undefined {
  return fieldsOf(payload).get(name);
}

/**
 * The document with some fields set and some removed; the other members keep their place and their verbatim text.
 *
 * @throws KeywardError `invalid` when the payload has no fields of its own.
 */
export function patchDocument(
  payload: Payload,
  set: ReadonlyMap<string, string>,
  remove: ReadonlySet<string> = new Set(),
): Payload {
  const members = documentMembers(payload);
  if (members === undefined) {
    throw new KeywardError('invalid', 'the secret is a single value, not a document with fields', {
      advice: 'Replace it as a whole.',
    });
  }
  const parts: string[] = [];
  const known = new Set<string>();
  for (const member of members) {
    known.add(member.name);
    const replacement = set.get(member.name);
    if (replacement === undefined && remove.has(member.name)) continue;
    const verbatim = member.isString ? JSON.stringify(member.text) : member.text;
    parts.push(
      replacement === undefined ? `${JSON.stringify(member.name)}:${verbatim}` : memberText(member.name, replacement),
    );
  }
  for (const [name, value] of set) {
    if (!known.has(name)) parts.push(memberText(name, value));
  }
  return textPayload(`{${parts.join(',')}}`);
}

/** JSON would escape half of a surrogate pair, and the document would then have no fields. */
function memberText(name: string, value: string): string {
  if (!name.isWellFormed() || !value.isWellFormed()) {
    throw new KeywardError('invalid', 'a field is not valid unicode text', { advice: 'Store it as binary.' });
  }
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

/** The payload with only this field, in the verbatim form it has; `undefined` when it is not there. */
export function narrowToField(payload: Payload, name: string): Payload | undefined {
  const members = documentMembers(payload);
  if (members === undefined) return name === valueField ? payload : undefined;
  const member = members.find((candidate) => candidate.name === name);
  return member && documentOfMembers([member]);
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function firstNonSpace(bytes: Uint8Array): number {
  return bytes.findIndex((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}
