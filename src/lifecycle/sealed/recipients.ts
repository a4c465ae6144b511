import { KeywardError } from '../../core/errors.js';
import { isAgeRecipient } from '../../crypto/age-identity.js';
import { isRecipientLabel } from '../../formats/sealed-lines.js';
import { changeSealed, type SealedPlace } from './sealed-place.js';

export type Recipients = ReadonlyMap<string, string>;

/** The recipient itself. @throws KeywardError `invalid` unless it is `age1…` in its one spelling */
export function checkedRecipient(recipient: string): string {
  if (isAgeRecipient(recipient)) return recipient;
  throw new KeywardError('invalid', 'what was given is not an age recipient', {
    advice:
      'It looks like age1…, as `keyward seal init` and age-keygen print it. Plugins and ssh keys do not work here.',
  });
}

/**
 * Seals everything to one more recipient. Answers all.
 *
 * @throws KeywardError `invalid` for no recipient or label, `conflict` when it is one already; as `changeSealed`.
 */
export async function addRecipient(place: SealedPlace, recipient: string, label: string): Promise<Recipients> {
  checkedRecipient(recipient);
  if (!isRecipientLabel(label)) {
    throw new KeywardError('invalid', 'a label is a letter, then up to 63 letters, digits and _ . @ + -');
  }
  return changeRecipients(place, (before) => {
    if (before.has(recipient)) throw new KeywardError('conflict', 'the file is sealed to this recipient already');
    if (label !== '' && [...before.values()].includes(label)) {
      throw new KeywardError('conflict', `another recipient has the label ${label} already`);
    }
    return new Map([...before, [recipient, label]]);
  });
}

/**
 * Seals everything anew, under a new file key, to all but one. Answers those that are left.
 *
 * @param named the recipient or its label.
 * @throws KeywardError `not_found`, `invalid` when nobody would be left; as `changeSealed`.
 */
export async function removeRecipient(place: SealedPlace, named: string): Promise<Recipients> {
  return changeRecipients(place, (before) => {
    const left = new Map([...before].filter(([recipient, label]) => recipient !== named && label !== named));
    if (left.size === before.size) {
      throw new KeywardError('not_found', 'the file is not sealed to a recipient of that name', {
        advice: 'See: keyward recipient list',
      });
    }
    if (left.size === 0) {
      throw new KeywardError('invalid', 'it is the only recipient: nobody could open the file', {
        advice: 'Add another one first: keyward recipient add',
      });
    }
    return left;
  });
}

async function changeRecipients(place: SealedPlace, change: (before: Recipients) => Recipients): Promise<Recipients> {
  let after: Recipients = new Map();
  await changeSealed(place, (file) => {
    after = change(file.recipients);
    return file.sealedTo(after);
  });
  return after;
}
