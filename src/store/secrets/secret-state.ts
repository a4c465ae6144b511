import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { Payload } from '../../core/payload.js';
import { currentStage, formatVersion, pendingStage, previousStage, type VersionSelector } from '../../core/ref.js';
import type { NumberedVersion, VersionState } from '../../core/version.js';

export const defaultMaxVersions = 10;
/** A secret never holds more versions than this, so that its row and a purge of it fit into one commit. */
export const maxVersionsLimit = 50;
/** Every version that carries a stage is kept, so all stages together must stay below `maxVersionsLimit`. */
const maxOwnStages = 20;
const builtInStages: readonly string[] = [currentStage, previousStage, pendingStage];

/** Where the payload of a version lies and what opens it; gone for good once the version is destroyed. */
interface SealedPayload {
  /** 16 bytes, the tail of the key of its row. */
  readonly objectId: Uint8Array;
  readonly wrappedKey: Uint8Array;
  /** 32-byte keyed hash of the payload, for recognising a repeated write. */
  readonly mac: Uint8Array;
}

export interface StoredVersion {
  readonly number: number;
  /** 32 hex characters. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly state: VersionState;
  readonly kind: Payload['kind'];
  /** Bytes of the payload. */
  readonly size: number;
  /** `undefined` exactly when the version is destroyed. */
  readonly sealed: SealedPayload | undefined;
  readonly token: string | undefined;
  /** Sorted. */
  readonly stages: readonly string[];
}

/**
 * Everything that a store knows about one secret except its payloads. Values are never changed: each function here
 * answers the state that follows. A secret always has a version, and `current` is always on one of them.
 */
export interface SecretState {
  readonly path: Path;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly maxVersions: number;
  /** What the next version will be numbered; numbers of versions that are gone do not come back. */
  readonly nextNumber: number;
  /** Ascending by number, at most 50. */
  readonly versions: readonly StoredVersion[];
}

function versionAtStage(state: SecretState, stage: string): StoredVersion | undefined {
  return state.versions.find((version) => version.stages.includes(stage));
}

/** The number at stage `current`, 0 for a secret that does not exist: what check-and-set compares with. */
export function currentNumber(state: SecretState | undefined): number {
  return state === undefined ? 0 : currentVersion(state).number;
}

export function currentVersion(state: SecretState): StoredVersion {
  const version = versionAtStage(state, currentStage);
  if (version === undefined) {
    throw new KeywardError('integrity', `${state.path} has no version at stage current`, { path: state.path });
  }
  return version;
}

/**
 * The version that the selector names, in any state; `undefined` when there never was one.
 *
 * @throws KeywardError `deleted` for a number that was given out and whose version is no longer kept.
 */
export function findVersion(state: SecretState, selector: VersionSelector): StoredVersion | undefined {
  if (selector.kind === 'stage') return versionAtStage(state, selector.stage);
  if (selector.kind === 'id') return state.versions.find((version) => version.id === selector.id);
  const found = state.versions.find((version) => version.number === selector.number);
  if (found === undefined && selector.number < state.nextNumber) {
    throw new KeywardError('deleted', `version ${selector.number} of ${state.path} is no longer kept`, {
      path: state.path,
      advice: 'See `keyward history <path>` for the versions that are.',
    });
  }
  return found;
}

/**
 * The version that the selector names, live.
 *
 * @throws KeywardError `not_found` when there is none, `deleted` when it was deleted, destroyed or not kept.
 */
export function liveVersion(state: SecretState, selector: VersionSelector): StoredVersion {
  const version = findVersion(state, selector);
  if (version === undefined) {
    throw new KeywardError('not_found', `${state.path} has no version ${formatVersion(selector)}`, {
      path: state.path,
    });
  }
  assertLive(state, version);
  return version;
}

/** @throws KeywardError `deleted` when the version was deleted or destroyed. */
export function assertLive(state: SecretState, version: StoredVersion): void {
  if (version.state === 'live') return;
  throw new KeywardError('deleted', `version ${version.number} of ${state.path} is ${version.state}`, {
    path: state.path,
  });
}

/** A version becomes the newest one at `current`; the former one becomes `previous`, and what is too old goes. */
export function withVersion(state: SecretState, version: StoredVersion): SecretState {
  const grown = { ...state, versions: [...state.versions, version], nextNumber: version.number + 1 };
  return pruned(makeCurrent(grown, version.number));
}

/** Moves `current`, and `previous` to where `current` was. */
export function makeCurrent(state: SecretState, number: number): SecretState {
  const former = versionAtStage(state, currentStage);
  if (former?.number === number) return state;
  const moved = moveStage(state, currentStage, number);
  return former === undefined ? moved : moveStage(moved, previousStage, former.number);
}

/**
 * Puts the stage on the version alone, or on none.
 *
 * @throws KeywardError `too_large` when the secret would have more than 20 stages of the user's own.
 */
export function moveStage(state: SecretState, stage: string, number: number | undefined): SecretState {
  const versions = state.versions.map((version) => {
    if (version.number !== number && !version.stages.includes(stage)) return version;
    const others = version.stages.filter((name) => name !== stage);
    return { ...version, stages: version.number === number ? [...others, stage].sort() : others };
  });
  let own = 0;
  for (const { stages } of versions) for (const name of stages) if (!builtInStages.includes(name)) own += 1;
  if (own > maxOwnStages) {
    throw new KeywardError('too_large', `${state.path} would have more than ${maxOwnStages} stages of its own`, {
      path: state.path,
      advice: 'Take a stage away that is no longer needed.',
    });
  }
  return { ...state, versions };
}

export function withMaxVersions(state: SecretState, maxVersions: number): SecretState {
  return pruned({ ...state, maxVersions });
}

/** Lets the oldest versions go that are over the limit. A version that carries a stage is always kept. */
function pruned(state: SecretState): SecretState {
  let surplus = state.versions.length - state.maxVersions;
  const versions = state.versions.filter((version) => {
    if (surplus <= 0 || version.stages.length > 0) return true;
    surplus -= 1;
    return false;
  });
  return { ...state, versions };
}

/** Live ones among the versions become `deleted`; the others stay as they are. @throws KeywardError `not_found` */
export function withDeleted(state: SecretState, numbers: ReadonlySet<number>): SecretState {
  return mapVersions(state, numbers, (version) =>
    version.state === 'live' ? { ...version, state: 'deleted' } : version,
  );
}

/** @throws KeywardError `not_found`; `deleted` when one of the versions was destroyed. */
export function withUndeleted(state: SecretState, numbers: ReadonlySet<number>): SecretState {
  return mapVersions(state, numbers, (version) => {
    if (version.state === 'destroyed') assertLive(state, version);
    return { ...version, state: 'live' };
  });
}

/** @throws KeywardError `not_found` */
export function withDestroyed(state: SecretState, numbers: ReadonlySet<number>): SecretState {
  return mapVersions(state, numbers, (version) => ({ ...version, state: 'destroyed', sealed: undefined }));
}

export function versionInfo(version: StoredVersion): NumberedVersion {
  return {
    number: version.number,
    id: version.id,
    createdAt: new Date(version.createdAt),
    state: version.state,
    stages: version.stages,
    size: version.size,
  };
}

function mapVersions(
  state: SecretState,
  numbers: ReadonlySet<number>,
  change: (version: StoredVersion) => StoredVersion,
): SecretState {
  const kept = new Set(state.versions.map((version) => version.number));
  const missing = [...numbers].find((number) => !kept.has(number));
  if (missing !== undefined) {
    throw new KeywardError('not_found', `${state.path} has no version ${missing}`, { path: state.path });
  }
  return {
    ...state,
    versions: state.versions.map((version) => (numbers.has(version.number) ? change(version) : version)),
  };
}
