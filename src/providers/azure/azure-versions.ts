import type { SecretProperties } from '@azure/keyvault-secrets';
import { currentStage, previousStage } from '../../core/ref.js';
import type { VersionInfo } from '../../core/version.js';

/** A version as the vault lists it. */
export interface AzureVersion extends VersionInfo {
  readonly number: undefined;
  readonly createdAt: Date;
  readonly properties: SecretProperties;
}

/** The version that the properties are of; `undefined` when they have not the form. */
export function versionOf(properties: SecretProperties, stages: readonly string[] = []): AzureVersion | undefined {
  const { version: id, createdOn, updatedOn, expiresOn, enabled, tags } = properties;
  if (id === undefined || !/^[0-9a-f]{32}$/.test(id) || createdOn === undefined) return undefined;
  const isSound = [createdOn, updatedOn, expiresOn].every((time) => !Number.isNaN(time?.getTime()));
  // The package hands on what was answered, of whatever type it is.
  if (!isSound || !Object.values(tags ?? {}).every((text) => typeof text === 'string')) return undefined;
  const state = enabled === false ? 'deleted' : 'live';
  return {
    number: undefined,
    id,
    createdAt: createdOn,
    state,
    stages,
    size: undefined,
    properties: { ...properties, tags: tags ?? {} },
  };
}

/** Newest first, without their stages; those of one second in no order that means something. */
export function sortVersions(versions: readonly AzureVersion[]): readonly AzureVersion[] {
  return [...versions].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
}

/** Whether the one at this place is not known to be older than the one before it: the vault notes whole seconds. */
export function isTied(versions: readonly AzureVersion[], place: number): boolean {
  const [one, other] = versions.slice(place - 1, place + 1);
  return one !== undefined && other !== undefined && one.createdAt.getTime() === other.createdAt.getTime();
}

/**
 * The versions with their stages.
 *
 * @param current The id of the current one; `undefined` when it cannot be told, then none has a stage. Where two could
 * be the previous one, none is.
 */
export function stagedVersions(
  versions: readonly AzureVersion[],
  current: string | undefined,
): readonly AzureVersion[] {
  const first = versions.find(({ id }) => id === current);
  if (first === undefined) return versions;
  const others = versions.filter((version) => version !== first);
  const hasPrevious = !isTied(others, 1);
  return [
    { ...first, stages: [currentStage] },
    ...others.map((version, place) => (place === 0 && hasPrevious ? { ...version, stages: [previousStage] } : version)),
  ];
}
