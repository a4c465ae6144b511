import { KeywardError } from '../../../core/errors.js';
import { parseField } from '../../../core/ref.js';
import { Secret } from '../../../core/secret.js';
import type { Credential } from './rotator.js';

/** What somebody else's code is asked to do. */
export type Step = 'generate' | 'set' | 'test' | 'revoke';

/** Its JSON: `{"step", "path", "from", "to"}`, where `from` and `to` are credentials as objects of texts. */
export function stepInput(
  step: Step,
  path: string,
  from: Credential | undefined,
  to: Credential | undefined,
): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ step, path, from: texts(from), to: texts(to) }));
}

function texts(credential: Credential | undefined): Readonly<Record<string, string>> | undefined {
  return credential && Object.fromEntries([...credential].map(([name, secret]) => [name, secret.expose()]));
}

/** The credential that was made, from an object of texts. @throws KeywardError `config` for anything else. */
export function parseCredential(output: Uint8Array, path: string, who: string): Credential {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(output));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      const entries: readonly (readonly [string, unknown])[] = Object.entries(parsed);
      const fields = entries.flatMap(([name, text]) =>
        typeof text === 'string' && text !== '' ? [[parseField(name), Secret.fromText(text)] as const] : [],
      );
      if (fields.length > 0 && fields.length === entries.length) return new Map(fields);
    }
  } catch {
    // The parser quotes what it read.
  }
  throw new KeywardError('config', `${path}: ${who} did not answer generate with an object of texts`, {
    path,
    advice: 'Let it answer {"value": "…"}, or the fields by their names.',
  });
}
