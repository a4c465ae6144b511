import { membersOf, textIn } from '../../clients/vault/vault-answer.js';
import { KeywardError } from '../../core/errors.js';
import {
  documentMembers,
  documentPayload,
  narrowToField,
  type Payload,
  payloadText,
  textPayload,
  valueField,
} from '../../core/payload.js';

/**
 * The payload of an entry, whose data is a JSON object. An object whose only member is a text called `value` is a
 * single secret; every other is a document, in the spelling in which the server has it.
 *
 * @param field What the reader takes out of it: then only that is answered, and `undefined` when it is not there.
 */
export function payloadOfData(data: string, field: string | undefined): Payload | undefined {
  const members = membersOf(data);
  const single = members?.size === 1 ? textIn(members, valueField) : undefined;
  if (single === undefined) return narrowed(textPayload(data), field);
  // A text that is itself a JSON object would be taken for the fields.
  if (field === valueField) return documentPayload([[valueField, single]]);
  return narrowed(textPayload(single), field);
}

function narrowed(payload: Payload, field: string | undefined): Payload | undefined {
  return field === undefined ? payload : narrowToField(payload, field);
}

/**
 * The JSON object that an entry holds for the payload.
 *
 * @throws KeywardError `unsupported` for a binary value, and for a number that the server would change: it keeps
 * numbers as floating point.
 */
export function dataOfPayload(payload: Payload, store: string): string {
  if (payload.kind === 'binary') {
    throw new KeywardError('unsupported', `${store} holds texts, and the value is binary`, {
      store,
      advice: 'Store it encoded, in base64 for example, or in another store.',
    });
  }
  const members = documentMembers(payload);
  if (members === undefined) return JSON.stringify({ [valueField]: payloadText(payload) });
  for (const { name, text, isString } of members) {
    if (isString || !changesNumbers(text)) continue;
    throw new KeywardError('unsupported', `${store} would change a number in the field ${JSON.stringify(name)}`, {
      store,
      advice: 'Write it as a text, in quotes: those are kept exactly.',
    });
  }
  return payloadText(payload);
}

/** Whether a JSON value holds a number that is spelled differently once it was read as floating point. */
function changesNumbers(json: string): boolean {
  const withoutTexts = json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const numbers = withoutTexts.match(/-?[0-9][0-9.eE+-]*/g) ?? [];
  return numbers.some((number) => String(Number(number)) !== number);
}
