import { isKeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { Payload } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { selectorOf } from '../../core/ref.js';
import type { VersionInfo } from '../../core/version.js';
import { sameValue } from './same-value.js';

interface Held {
  readonly version: VersionInfo;
  readonly payload: Payload;
}

export interface FormerValues {
  /** Those before the current one that can still be read, the oldest first. */
  readonly values: readonly Payload[];
  /** How many versions were deleted or destroyed. */
  readonly lost: number;
  /** Stages besides `current` and `previous`. */
  readonly stages: readonly string[];
}

/** What the store keeps of a secret besides its current value. @throws KeywardError as reading it. */
export async function formerValues(provider: Provider, path: Path): Promise<FormerValues> {
  const versions = (await provider.describe(path))?.versions ?? [];
  const held = await readable(provider, path, versions);
  const stages = versions
    .flatMap((version) => version.stages)
    .filter((stage) => !['current', 'previous'].includes(stage));
  return {
    values: held.filter(({ version }) => !version.stages.includes('current')).map(({ payload }) => payload),
    lost: versions.length - held.length,
    stages: [...new Set(stages)],
  };
}

/**
 * What is still to be written so that the store has all values in this order; `undefined` when what it has is not their
 * beginning.
 */
export async function remainingValues(
  provider: Provider,
  path: Path,
  all: readonly Payload[],
): Promise<readonly Payload[] | undefined> {
  const held = await readable(provider, path, (await provider.describe(path))?.versions ?? []);
  const places = held.map(({ version }, index) => version.number ?? index + 1);
  const isBeginning = held.every(({ payload }, index) => {
    const wanted = all[(places[index] ?? 0) - 1];
    return wanted !== undefined && sameValue(wanted, payload);
  });
  return isBeginning ? all.slice(places.at(-1) ?? 0) : undefined;
}

async function readable(provider: Provider, path: Path, versions: readonly VersionInfo[]): Promise<readonly Held[]> {
  const held: Held[] = [];
  for (const version of [...versions].reverse()) {
    if (version.state !== 'live') continue;
    try {
      const found = await provider.read({ path, version: selectorOf(version) });
      if (found !== undefined) held.push({ version, payload: found.payload });
    } catch (error) {
      if (!isKeywardError(error, 'deleted')) throw error;
    }
  }
  return held;
}
