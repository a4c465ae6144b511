import { KeywardError } from '../core/errors.js';
import { quoted } from '../core/path.js';
import { compilePathPattern } from '../core/path-pattern.js';
import type { Link } from '../resolver/link.js';
import { createProvider, type EntryContext, linkName } from './create-provider.js';
import type { ProviderEntry } from './provider-schemas.js';

/** The chain that the entries describe, in their order; does no I/O. @throws KeywardError as `createProvider`. */
export function createLinks(entries: readonly ProviderEntry[], context: EntryContext): readonly Link[] {
  const names = entries.map(linkName);
  for (const name of Object.keys(context.identities ?? {})) {
    if (names.includes(name)) continue;
    throw new KeywardError('config', `an identity was handed in for ${quoted(name)}, and no store has this name`, {
      advice: `The stores are: ${names.join(', ')}.`,
    });
  }
  return entries.map((entry, index) => {
    const { serves, onUnavailable } = entry.options;
    // Another part of the same store holds what applies where this part says nothing; not knowing is not that.
    const isAboveShared = entry.kind === 'keyward' && entries.slice(index + 1).some(({ kind }) => kind === 'keyward');
    return {
      provider: createProvider(entry, context),
      serves: serves?.map(compilePathPattern),
      onUnavailable: onUnavailable ?? (isAboveShared ? 'stop' : undefined),
    };
  });
}
