import { isReference, type ReferenceVariable } from '../core/reference.js';
import { type EntryContext, referencesOf } from './create-provider.js';
import type { ProviderEntry } from './provider-schemas.js';

/** The variables set to references, as `Workspace.references` answers them. */
export async function findReferences(
  environment: Readonly<Record<string, string | undefined>>,
  entries: readonly ProviderEntry[],
  context: EntryContext,
): Promise<ReadonlyMap<string, ReferenceVariable>> {
  const references = new Map<string, ReferenceVariable>();
  for (const [name, value = ''] of Object.entries(environment)) {
    if (isReference(value)) references.set(name, { value, where: 'the environment' });
  }
  for (const entry of entries) {
    for (const [name, variable] of await referencesOf(entry, context)) {
      if (!references.has(name)) references.set(name, variable);
    }
  }
  return references;
}
