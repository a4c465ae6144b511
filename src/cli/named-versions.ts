import { isKeywardError, KeywardError } from '../core/errors.js';
import type { Path } from '../core/path.js';
import type { Capability, Provider } from '../core/provider.js';
import {
  currentStage,
  formatRef,
  isSelected,
  parseRef,
  parseVersion,
  type Ref,
  selectorOf,
  type VersionSelector,
} from '../core/ref.js';
import type { SecretDescription, VersionInfo } from '../core/version.js';
import { type Invocation, textOption } from './command.js';

/** A version that a command was told to change. */
export interface NamedVersion {
  readonly path: Path;
  readonly version: VersionInfo;
}

/**
 * The versions that the refs name, `current` without one; all of them are looked up before anything is changed.
 *
 * @throws KeywardError `unsupported` when the store lacks the capability, `not_found`, `invalid` for a field.
 */
export async function findVersions(
  provider: Provider,
  capability: Capability,
  refs: readonly string[],
): Promise<readonly NamedVersion[]> {
  assertCapable(provider, capability, 'describe');
  const parsed = refs.map(parseRef);
  const found: NamedVersion[] = [];
  for (const ref of parsed) {
    if (ref.field !== undefined) {
      throw new KeywardError('invalid', `${formatRef(ref)} is a field; a version is kept or removed as a whole`, {
        path: ref.path,
        advice: `Take the field out with: keyward edit ${ref.path}`,
      });
    }
    const { versions } = await describeSecret(provider, ref.path);
    found.push({ path: ref.path, version: versionAmong(versions, ref, provider) });
  }
  return found;
}

/** @throws KeywardError `not_found` */
export async function describeSecret(provider: Provider, path: Path): Promise<SecretDescription> {
  const description = await provider.describe(path);
  if (description !== undefined) return description;
  throw new KeywardError('not_found', `${provider.name} has no secret ${path}`, { store: provider.name, path });
}

/** @throws KeywardError `unsupported` naming the store, before anything is sent to it. */
export function assertCapable(provider: Provider, ...capabilities: readonly Capability[]): void {
  const missing = capabilities.find((capability) => !provider.capabilities.has(capability));
  if (missing === undefined) return;
  throw new KeywardError(
    'unsupported',
    `${provider.name} (${provider.kind}) cannot do this: it offers no "${missing}"`,
    {
      store: provider.name,
    },
  );
}

function versionAmong(versions: readonly VersionInfo[], ref: Ref, provider: Provider): VersionInfo {
  const { version: selector = { kind: 'stage', stage: currentStage } } = ref;
  const version = versions.find((candidate) => isSelected(candidate, selector));
  if (version !== undefined) return version;
  throw new KeywardError('not_found', `${provider.name} has no version ${formatRef(ref)}`, {
    store: provider.name,
    path: ref.path,
    advice: `See what it keeps with: keyward history ${ref.path}`,
  });
}

/**
 * The version that an option names.
 *
 * @throws KeywardError `invalid`; the text is not repeated, since it may be something that was meant for elsewhere.
 */
export function versionIn(invocation: Invocation, option: string): VersionSelector | undefined {
  const text = textOption(invocation, option);
  try {
    return text === undefined ? undefined : parseVersion(text);
  } catch (error) {
    if (!isKeywardError(error, 'invalid')) throw error;
    throw new KeywardError('invalid', 'an option for a version takes its number or its id', {
      advice: 'See what is kept with: keyward history <path>',
    });
  }
}

/** The ref that names exactly this version. */
export function refOf({ path, version }: NamedVersion): string {
  return formatRef({ path, version: selectorOf(version) });
}
