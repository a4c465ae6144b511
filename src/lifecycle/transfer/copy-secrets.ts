import { isKeywardError, KeywardError } from '../../core/errors.js';
import { expiresEntry } from '../../core/expiry.js';
import { readNoted } from '../../core/metadata.js';
import type { Path } from '../../core/path.js';
import type { OnProgress } from '../../core/progress.js';
import type { Provider } from '../../core/provider.js';
import { currentStage } from '../../core/ref.js';
import { Secret } from '../../core/secret.js';
import type { SecretVersion } from '../../core/version.js';
import { type VersionKey, versionKey } from '../../core/version.js';

/** What copying one secret does to the place that it goes to. */
export interface CopyStep {
  readonly path: Path;
  /** `same` is left as it is; `differs` and `deleted` replace what is or was there. */
  readonly outcome: 'new' | 'same' | 'differs' | 'deleted';
  readonly from: SecretVersion;
  /** What the place notes about its secret already. */
  readonly before: Readonly<Record<string, string>>;
  /** The version that was found there, 0 for none; the write checks that it is still so. */
  readonly ifVersion: VersionKey | undefined;
}

/**
 * What copying the secrets to the same paths of the target would do. Changes nothing.
 *
 * @throws KeywardError what the target's reads throw.
 */
export async function planCopy(secrets: readonly SecretVersion[], target: Provider): Promise<readonly CopyStep[]> {
  const steps: CopyStep[] = [];
  for (const from of secrets) steps.push(await planOne(from, target));
  return steps;
}

async function planOne(from: SecretVersion, target: Provider): Promise<CopyStep> {
  const { path } = from;
  try {
    const found = await readNoted(target, path);
    if (found === undefined) return { path, outcome: 'new', from, before: {}, ifVersion: 0 };
    const outcome = isSame(from, found) ? 'same' : 'differs';
    return { path, outcome, from, before: found.metadata, ifVersion: found.version && versionKey(found.version) };
  } catch (error) {
    if (!isKeywardError(error, 'deleted')) throw error;
    const description = await target.describe(path);
    const current = description?.versions.find(({ stages }) => stages.includes(currentStage));
    return {
      path,
      outcome: 'deleted',
      from,
      before: description?.metadata ?? {},
      ifVersion: current && versionKey(current),
    };
  }
}

/**
 * Writes every step that is not `same`, each only while its place is as it was planned on, and reads it back. What is
 * noted about the secret goes with it. A copy that was interrupted is finished by planning and applying once more.
 *
 * @throws KeywardError `conflict` when somebody changed a place meanwhile, `integrity` when another value is read back;
 * what the target throws. Says how many were written before.
 */
export async function applyCopy(steps: readonly CopyStep[], target: Provider, onProgress: OnProgress): Promise<number> {
  const changes = steps.filter(({ outcome }) => outcome !== 'same');
  for (const [index, step] of changes.entries()) {
    try {
      await copyOne(step, target);
    } catch (error) {
      if (!isKeywardError(error)) throw error;
      const { code, store, path, advice } = error;
      const message = `${error.message}; ${index} of ${changes.length} secrets were copied before`;
      throw new KeywardError(code, message, { store, path, advice, cause: error });
    }
    onProgress({ step: 'copying', part: (index + 1) / changes.length });
  }
  return changes.length;
}

async function copyOne({ path, from, before, ifVersion }: CopyStep, target: Provider): Promise<void> {
  // Until when the value was good that is replaced says nothing of the new one.
  const { [expiresEntry]: _, ...kept } = before;
  await target.write(path, { payload: from.payload, metadata: { ...kept, ...from.metadata } }, { ifVersion });
  const found = await target.read({ path });
  if (found !== undefined && isSame(from, found)) return;
  throw new KeywardError('integrity', `${target.name} holds another value for ${path} than was written`, {
    store: target.name,
    path,
  });
}

function isSame(a: SecretVersion, b: SecretVersion): boolean {
  return a.payload.kind === b.payload.kind && Secret.of(a.payload).equals(Secret.of(b.payload));
}
