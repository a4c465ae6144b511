import { KeywardError } from '../core/errors.js';
import { quoted } from '../core/path.js';
import { isReference, type ReferenceVariable } from '../core/reference.js';
import { type EntryContext, referencesOf } from './create-provider.js';
import type { ProviderEntry } from './provider-schemas.js';

/**
 * The variables set to references, as `Workspace.references` answers them.
 *
 * @throws KeywardError `config` for one where no configuration applies: the file that sets it, which may have been read
 * into the environment before (`node --env-file`), may have come with the folder, and nothing says which part of the
 * user's store the folder was given. As a read of the files.
 */
export async function findReferences(
  environment: Readonly<Record<string, string | undefined>>,
  entries: readonly ProviderEntry[],
  context: EntryContext,
): Promise<ReadonlyMap<string, ReferenceVariable>> {
  const references = new Map<string, ReferenceVariable>();
  const note = (name: string, variable: ReferenceVariable) => {
    if (references.has(name)) return;
    if (context.config.file === undefined) throw nobodyAgreed(name, variable);
    references.set(name, variable);
  };
  for (const [name, value = ''] of Object.entries(environment)) {
    if (isReference(value)) note(name, { value, where: 'the environment' });
  }
  for (const entry of entries) {
    for (const [name, variable] of await referencesOf(entry, context)) note(name, variable);
  }
  return references;
}

function nobodyAgreed(name: string, { where }: ReferenceVariable): KeywardError {
  return new KeywardError(
    'config',
    `${quoted(name)} (${where}) refers to a secret, and no keyward.yaml says of which project`,
    {
      advice:
        'Read the file that sets it; if you agree to it, run keyward init there, or name a configuration: KEYWARD_CONFIG.',
    },
  );
}
