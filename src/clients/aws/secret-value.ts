import { KeywardError } from '../../core/errors.js';
import { checkedPayload, type Payload, payloadText, textPayload } from '../../core/payload.js';

/** A value in the service's words; of an answer, exactly one of the two is there. */
export interface SecretValue {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

export interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

const maxValueBytes = 65_536;
const maxTags = 50;
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u;
const foreignTag = /^(?:aws:|keyward-)/i;

/** @throws KeywardError `unsupported` for an empty value, `too_large`: the service refuses both. */
export function secretValueOf(payload: Payload, store: string): SecretValue {
  const { length } = payload.bytes;
  if (length === 0) {
    throw new KeywardError('unsupported', `${store} holds no empty values`, {
      store,
      advice: 'Leave the secret away, or store it as a field of a document, which may be empty.',
    });
  }
  if (length > maxValueBytes) {
    throw new KeywardError('too_large', `the value has ${length} bytes; ${store} holds at most ${maxValueBytes}`, {
      store,
    });
  }
  return payload.kind === 'text'
    ? { SecretString: payloadText(payload) }
    : { SecretBinary: Uint8Array.from(payload.bytes) };
}

/** The payload; `undefined` for an answer that is none of the service's. */
export function payloadOfValue({ SecretString, SecretBinary }: SecretValue): Payload | undefined {
  if ((SecretString === undefined) === (SecretBinary === undefined)) return undefined;
  if (SecretString !== undefined) return textPayload(SecretString);
  return SecretBinary && checkedPayload({ kind: 'binary', bytes: Uint8Array.from(SecretBinary) });
}

/** @throws KeywardError `unsupported` for what no tag can hold, before anything is sent. */
export function tagsOf(metadata: Readonly<Record<string, string>>, store: string): readonly Tag[] {
  const entries = Object.entries(metadata);
  const wrong = entries.find(
    ([key, text]) =>
      key === '' || key.length > 128 || text.length > 256 || foreignTag.test(key) || !tagText.test(key + text),
  );
  if (wrong === undefined && entries.length <= maxTags) return entries.map(([Key, Value]) => ({ Key, Value }));
  const problem = wrong === undefined ? `more than ${maxTags} notes` : `the note ${JSON.stringify(wrong[0])}`;
  throw new KeywardError('unsupported', `${store} cannot hold ${problem}: they are tags there`, {
    store,
    advice:
      'Names have up to 128 and texts up to 256 letters, digits, spaces and characters of _.:/=+-@, without aws: first.',
  });
}

/** What the owner noted: the tags, without those of AWS itself. */
export function metadataOfTags(tags: readonly Tag[] = []): Readonly<Record<string, string>> {
  const own = tags.filter(({ Key = '' }) => !foreignTag.test(Key));
  return Object.fromEntries(own.map(({ Key = '', Value = '' }) => [Key, Value]));
}
