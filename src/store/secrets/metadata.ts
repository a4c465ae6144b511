import { KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';

const metadataLimits = { entries: 64, nameCharacters: 128, valueBytes: 1024 } as const;

/** Why these entries cannot be a secret's metadata, or `undefined` when they can. */
export function metadataProblem(
  entries: readonly (readonly [name: string, value: string])[],
): { readonly code: 'invalid' | 'too_large'; readonly problem: string } | undefined {
  if (entries.length > metadataLimits.entries) {
    return {
      code: 'too_large',
      problem: `it has ${entries.length} entries; at most ${metadataLimits.entries} are kept`,
    };
  }
  for (const [name, value] of entries) {
    if (name === '' || /\p{Cc}/u.test(name) || !name.isWellFormed()) {
      return { code: 'invalid', problem: `${quoted(name)} is not a name: it is empty or has control characters` };
    }
    if (name.length > metadataLimits.nameCharacters) {
      return { code: 'too_large', problem: `a name is over ${metadataLimits.nameCharacters} characters` };
    }
    if (!value.isWellFormed())
      return { code: 'invalid', problem: `the entry ${quoted(name)} is not valid unicode text` };
    if (Buffer.byteLength(value) > metadataLimits.valueBytes) {
      return { code: 'too_large', problem: `the entry ${quoted(name)} is over ${metadataLimits.valueBytes} bytes` };
    }
  }
  return undefined;
}

/**
 * The metadata as it is stored, sorted by name.
 *
 * @throws KeywardError `invalid` for names or texts that cannot be kept, `too_large` over a limit.
 */
export function checkedMetadata(metadata: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const entries = Object.entries(metadata);
  const found = metadataProblem(entries);
  if (found !== undefined) throw new KeywardError(found.code, `the metadata cannot be kept: ${found.problem}`);
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
