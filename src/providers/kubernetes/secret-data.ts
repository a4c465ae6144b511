import { KeywardError } from '../../core/errors.js';
import { type JsonMember, readJsonObject } from '../../core/json-tokenizer.js';
import { quoted } from '../../core/path.js';
import {
  documentMembers,
  documentOfMembers,
  documentPayload,
  isUtf8,
  narrowToField,
  type Payload,
  payloadOf,
  payloadText,
  valueField,
} from '../../core/payload.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a Secret holds for a payload. */
export interface SecretData {
  readonly data: ReadonlyMap<string, Uint8Array>;
  /** The keys whose value is JSON and no text. */
  readonly jsonKeys: readonly string[];
}

/**
 * The payload of a Secret. One whose only key is `value` is a single secret; every other is a document.
 *
 * @param jsonKeys The keys whose value is JSON and no text, as far as it still is.
 * @param field What the reader takes out of it: then only that is answered, and `undefined` when it is not there.
 * @throws KeywardError `unsupported` for a binary value among others.
 */
export function payloadOfData(
  data: ReadonlyMap<string, Uint8Array>,
  jsonKeys: readonly string[],
  field: string | undefined,
  store: string,
): Payload | undefined {
  const single = data.size === 1 ? data.get(valueField) : undefined;
  if (single !== undefined && !jsonKeys.includes(valueField)) {
    const payload = payloadOf(single);
    if (field === undefined) return payload;
    // A text that is itself a JSON object would be taken for the fields.
    if (field === valueField && payload.kind === 'text') return documentPayload([[valueField, payloadText(payload)]]);
    return narrowToField(payload, field);
  }
  const asked = field === undefined ? [...data] : [...data].filter(([key]) => key === field);
  if (field !== undefined && asked.length === 0) return undefined;
  return documentOfMembers(asked.map(([key, bytes]) => memberOf(key, bytes, jsonKeys, store)));
}

function memberOf(name: string, bytes: Uint8Array, jsonKeys: readonly string[], store: string): JsonMember {
  if (!isUtf8(bytes)) {
    throw new KeywardError('unsupported', `${store}: the value of ${quoted(name)} is binary, and fields are texts`, {
      store,
      advice: 'Read the other fields as path#field, or keep it in a Secret of its own under the key value.',
    });
  }
  const text = decoder.decode(bytes);
  const isJson = jsonKeys.includes(name) && readJsonObject(`{"x":${text}}`)?.length === 1;
  return { name, text, isString: !isJson };
}

/** @throws KeywardError `unsupported` for a field that a Secret cannot have as a key. */
export function dataOfPayload(payload: Payload, store: string): SecretData {
  const members = payload.kind === 'text' ? documentMembers(payload) : undefined;
  if (members === undefined) return { data: new Map([[valueField, payload.bytes]]), jsonKeys: [] };
  for (const { name } of members) {
    if (isKey(name)) continue;
    throw new KeywardError('unsupported', `${store} cannot have a field ${quoted(name)}`, {
      store,
      advice: 'Keys of a Secret are 1 to 253 letters, digits, dashes, dots and underscores.',
    });
  }
  return {
    data: new Map(members.map(({ name, text }) => [name, encoder.encode(text)])),
    jsonKeys: members.filter(({ isString }) => !isString).map(({ name }) => name),
  };
}

/** Source: `IsConfigMapKey` of k8s.io/apimachinery/pkg/util/validation. */
function isKey(name: string): boolean {
  return /^[-._a-zA-Z0-9]{1,253}$/.test(name) && name !== '.' && !name.startsWith('..');
}
