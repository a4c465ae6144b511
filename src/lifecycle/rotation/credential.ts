import { KeywardError } from '../../core/errors.js';
import { documentPayload, fieldsOf, isDocument, type Payload, patchDocument, valueField } from '../../core/payload.js';
import { Secret } from '../../core/secret.js';
import type { Credential } from './rotators/rotator.js';

/** The fields of these names that the payload has. */
export function credentialIn(payload: Payload, names: Iterable<string>): Credential {
  const fields = fieldsOf(payload);
  return new Map(
    [...names].flatMap((name) => {
      const field = fields.get(name);
      return field === undefined ? [] : [[name, Secret.of(field)] as const];
    }),
  );
}

export function allOf(payload: Payload): Credential {
  return new Map([...fieldsOf(payload)].map(([name, field]) => [name, Secret.of(field)]));
}

/** The payload with the credential in it; what it holds beside that stays as it is. @throws KeywardError `invalid` */
export function withCredential(payload: Payload | undefined, credential: Credential): Payload {
  const texts = new Map([...credential].map(([name, secret]) => [name, secret.expose()]));
  const single = texts.size === 1 ? credential.get(valueField) : undefined;
  const hasFields = payload !== undefined && isDocument(payload);
  if (single !== undefined && !hasFields) return { kind: single.kind, bytes: single.exposeBytes() };
  if (payload === undefined) return documentPayload(texts);
  if (single !== undefined || !hasFields) {
    throw new KeywardError('invalid', 'the secret and what is rotated of it have another shape', {
      advice: 'Name the field in the settings of its rotator, or take that out for a single value.',
    });
  }
  return patchDocument(payload, texts);
}

/** Whether the payload holds exactly this credential, compared in constant time. */
export function holds(payload: Payload, credential: Credential): boolean {
  const fields = credentialIn(payload, credential.keys());
  return [...credential].map(([name, secret]) => fields.get(name)?.equals(secret) ?? false).every((same) => same);
}
