import { type EmittedTarget, emitEnvironment } from '../../core/environment-names.js';
import { KeywardError } from '../../core/errors.js';
import type { Inventory } from '../../core/inventory.js';
import { documentMembers, payloadText } from '../../core/payload.js';
import { formatRef } from '../../core/ref.js';
import type { SealedFile } from '../../crypto/sealed-file.js';
import { SealedSecrets, type SealedSecretVersion } from '../../crypto/sealed-secrets.js';

interface NamedText extends EmittedTarget {
  readonly text: string;
}

/**
 * The values of a sealed file by environment name, as `keyward run` names them.
 *
 * @throws KeywardError `invalid` for a binary value, `config` for a secret that has no name, as `SealedFile.read`.
 */
export function unsealedEnvironment(file: SealedFile, inventory: Inventory): readonly (readonly [string, string])[] {
  const secrets = new SealedSecrets(file);
  const targets = secrets.paths.flatMap((path) => {
    const version = secrets.read(path);
    return version === undefined ? [] : namedTexts(version, inventory);
  });
  const { names } = emitEnvironment(targets);
  return [...names].map(([name, { text }]) => [name, text] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}

function namedTexts({ path, payload, metadata }: SealedSecretVersion, inventory: Inventory): readonly NamedText[] {
  const entry = inventory.get(path);
  const members = documentMembers(payload);
  if (members !== undefined) {
    return members.map(({ name: field, text }) => ({ path, field, entry, recorded: metadata[`env.${field}`], text }));
  }
  if (payload.kind === 'binary') {
    throw new KeywardError('invalid', `${formatRef({ path })} is binary, which a .env file cannot hold`, {
      path,
      advice: `Read it by itself: keyward get ${path}`,
    });
  }
  return [{ path, entry, recorded: metadata['env'], text: payloadText(payload) }];
}
