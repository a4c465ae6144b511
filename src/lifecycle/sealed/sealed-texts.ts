import { KeywardError } from '../../core/errors.js';
import type { JsonMember } from '../../core/json-tokenizer.js';
import type { Path } from '../../core/path.js';
import { documentPayload, type Payload, payloadText, textPayload } from '../../core/payload.js';
import { formatRef, parseRef } from '../../core/ref.js';
import type { SealedChanges, SealedFile } from '../../crypto/sealed-file.js';
import { SealedSecrets } from '../../crypto/sealed-secrets.js';
import type { SealedValue } from '../../crypto/sealed-value.js';

/** The values of a sealed file that are texts, by `path` or `path#field`, sorted. @throws as `SealedFile.read` */
export function textsOf(file: SealedFile): readonly JsonMember[] {
  return [...file.names]
    .filter((name) => !isMetadata(name))
    .sort()
    .flatMap((name) => {
      const value = file.read(name);
      if (value === undefined || value.kind === 'binary') return [];
      return [{ name, text: payloadText({ kind: 'text', bytes: value.bytes }), isString: true }];
    });
}

/**
 * What changes when these become the texts of the file; its binary values stay.
 *
 * @throws KeywardError `invalid` for a name that is no `path` or `path#field`, and for a path with a value and fields.
 */
export function changesToTexts(file: SealedFile, texts: readonly JsonMember[], now: number): SealedChanges {
  const secrets = new SealedSecrets(file);
  const wanted = payloadsOf(texts);
  const changes = new Map<string, SealedValue | undefined>();
  const apply = (more: SealedChanges) => {
    for (const [name, value] of more) changes.set(name, value);
  };
  const before = new Set(textsOf(file).map(({ name }) => parseRef(name).path));
  for (const path of before) if (!wanted.has(path)) apply(secrets.remove(path));
  for (const [path, payload] of wanted) apply(secrets.write(path, { payload }, undefined, now).changes);
  return changes;
}

function payloadsOf(texts: readonly JsonMember[]): ReadonlyMap<Path, Payload> {
  const singles = new Map<Path, Payload>();
  const documents = new Map<Path, [string, string][]>();
  for (const { name, text } of texts) {
    const { path, field, version } = parseRef(name);
    if (version !== undefined || formatRef({ path, field }) !== name) {
      throw new KeywardError('invalid', `${name} is not a name in a sealed file`, {
        advice: 'Write names like exchange/binance#api_key or app/jwt_secret.',
      });
    }
    if (field === undefined) singles.set(path, textPayload(text));
    else documents.set(path, [...(documents.get(path) ?? []), [field, text]]);
  }
  const both = [...singles.keys()].find((path) => documents.has(path));
  if (both !== undefined) {
    throw new KeywardError('invalid', `${both} is given as a single value and with fields`, {
      path: both,
      advice: 'Keep one of the two.',
    });
  }
  return new Map([...singles, ...[...documents].map(([path, fields]) => [path, documentPayload(fields)] as const)]);
}

function isMetadata(name: string): boolean {
  return parseRef(name).version !== undefined;
}
