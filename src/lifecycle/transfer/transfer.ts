import { isDeepStrictEqual } from 'node:util';
import { type Clock, sleep, systemClock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { expiresEntry } from '../../core/expiry.js';
import { withNotes } from '../../core/metadata.js';
import type { Path } from '../../core/path.js';
import type { Payload } from '../../core/payload.js';
import type { OnProgress } from '../../core/progress.js';
import { expectedVersion, type Provider, type WriteInput } from '../../core/provider.js';
import { currentStage, type Ref } from '../../core/ref.js';
import type { NotedVersion, SecretVersion } from '../../core/version.js';
import { type VersionKey, versionKey } from '../../core/version.js';
import { eachOf, transferConcurrency } from './each-of.js';
import { remainingValues } from './former-values.js';

type Notes = Readonly<Record<string, string>>;

/** A secret as a transfer wants it in its target. */
export interface Wanted {
  readonly path: Path;
  /** Former values that are moved too, the oldest first. */
  readonly history?: readonly Payload[] | undefined;
  /** What the target lacks of it. @throws KeywardError `conflict` when what is there has another shape. */
  change(found: NotedVersion | undefined): Change;
}

export interface Change {
  /** Absent when the target holds the value. */
  readonly payload: Payload | undefined;
  /** All that is to be noted about the secret. */
  readonly metadata: Notes;
  /** Refs of values that are not there. */
  readonly missing: readonly string[];
  /** Refs of values that are there and are other ones. */
  readonly differing: readonly string[];
}

/** What a transfer does to one secret of its target. */
export interface TransferStep extends Pick<Change, 'missing' | 'differing'> {
  readonly path: Path;
  /** `same` is left as it is; `added` adds to what is there; `differs` and `deleted` replace what is or was there. */
  readonly outcome: 'new' | 'same' | 'added' | 'differs' | 'deleted';
  readonly wanted: Wanted;
  /** What is noted there until now. */
  readonly before: Notes;
  /** What is written, in this order. */
  readonly inputs: readonly WriteInput[];
  /** The version that was found there, 0 for none; the write checks that it is still so. */
  readonly ifVersion: VersionKey | undefined;
}

export interface TransferOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly clock?: Clock | undefined;
}

const batch = 100;

/**
 * What a transfer would do, found by comparing with what the target holds: one that was interrupted is finished by
 * planning and applying once more. Changes nothing.
 *
 * @throws KeywardError `unsupported` when the target cannot be written to; what its reads throw.
 */
export async function planTransfer(
  wanted: readonly Wanted[],
  target: Provider,
  { onProgress, clock = systemClock }: TransferOptions = {},
): Promise<readonly TransferStep[]> {
  if (!target.capabilities.has('write')) {
    throw new KeywardError('unsupported', `${target.name} cannot be written to`, { store: target.name });
  }
  const size = target.capabilities.has('readMany') ? batch : transferConcurrency;
  const steps: TransferStep[] = [];
  for (let at = 0; at < wanted.length; at += size) {
    const some = wanted.slice(at, at + size);
    const readAll = (refs: readonly Ref[]) => patiently(clock, () => target.readMany(refs));
    const answers = await readAll(some);
    const planned = await eachOf(some, transferConcurrency, (one, index) =>
      patiently(clock, async (attempt) =>
        planOne(one, target, attempt === 0 ? answers[index] : (await readAll([one]))[0]),
      ),
    );
    steps.push(...planned);
    onProgress?.({ step: 'comparing', part: steps.length / wanted.length });
  }
  return steps;
}

async function planOne(
  wanted: Wanted,
  target: Provider,
  answer: SecretVersion | KeywardError | undefined,
): Promise<TransferStep> {
  if (isKeywardError(answer, 'deleted')) return planDeleted(wanted, target);
  if (answer instanceof KeywardError) throw answer;
  const { path } = wanted;
  const found = answer && (await withNotes(target, answer));
  const change = wanted.change(found);
  const before = found?.metadata ?? {};
  const rest = await remaining(wanted, target, found);
  const inputs = inputsFor(rest ?? listOf(change.payload), changedNotes(target, before, change.metadata));
  const missing = rest === undefined ? change.missing : rest.length === 0 ? [] : [path];
  const differing = rest === undefined ? change.differing : [];
  const outcome =
    found === undefined ? 'new' : inputs.length === 0 ? 'same' : differing.length > 0 ? 'differs' : 'added';
  const ifVersion = found === undefined ? 0 : found.version && versionKey(found.version);
  return { wanted, path, outcome, missing, differing, before, inputs, ifVersion };
}

/** A version that was deleted keeps what is noted about its secret. */
async function planDeleted(wanted: Wanted, target: Provider): Promise<TransferStep> {
  const { path } = wanted;
  const description = target.capabilities.has('describe') ? await target.describe(path) : undefined;
  const current = description?.versions.find(({ stages }) => stages.includes(currentStage));
  const before = description?.metadata ?? {};
  const { payload, metadata, missing } = wanted.change(undefined);
  const inputs = inputsFor(listOf(payload), changedNotes(target, before, { ...withoutExpiry(before), ...metadata }));
  const ifVersion = current && versionKey(current);
  return { wanted, path, outcome: 'deleted', missing, differing: [path], before, inputs, ifVersion };
}

/** Until when the value was good that is replaced says nothing of the new one. */
export function withoutExpiry({ [expiresEntry]: _, ...kept }: Notes): Notes {
  return kept;
}

function listOf(payload: Payload | undefined): readonly Payload[] {
  return payload === undefined ? [] : [payload];
}

/** The values to write where former ones are moved, too; `undefined` where only the current one is. */
async function remaining(
  wanted: Wanted,
  target: Provider,
  found: SecretVersion | undefined,
): Promise<readonly Payload[] | undefined> {
  const { path, history = [] } = wanted;
  if (history.length === 0) return undefined;
  const all = [...history, ...listOf(wanted.change(undefined).payload)];
  return found === undefined ? all : remainingValues(target, path, all);
}

function changedNotes(target: Provider, before: Notes, after: Notes): Notes | undefined {
  if (target.traits.limits?.notes === false) return undefined;
  return isDeepStrictEqual({ ...before }, { ...after }) ? undefined : after;
}

/** What is noted goes with the last version. */
function inputsFor(payloads: readonly Payload[], metadata: Notes | undefined): readonly WriteInput[] {
  if (payloads.length === 0) return metadata === undefined ? [] : [{ metadata }];
  return payloads.map((payload, index) => (index === payloads.length - 1 ? { payload, metadata } : { payload }));
}

/**
 * Writes what the steps say, each only while its place is as it was planned on, then reads all of it back and compares.
 * Answers how many secrets were written.
 *
 * @throws KeywardError `conflict` when somebody changed a place meanwhile, `integrity` when another value is read back;
 * what the target throws. Says how many were written before.
 */
export async function applyTransfer(
  steps: readonly TransferStep[],
  target: Provider,
  { onProgress, clock = systemClock }: TransferOptions = {},
): Promise<number> {
  const changes = steps.filter(({ inputs }) => inputs.length > 0);
  let written = 0;
  try {
    await eachOf(changes, transferConcurrency, async (step) => {
      await writeOne(step, target, clock);
      written += 1;
      onProgress?.({ step: 'writing', part: written / changes.length });
    });
  } catch (error) {
    if (!isKeywardError(error)) throw error;
    const { code, store, path, advice } = error;
    const message = `${error.message}; ${written} of ${changes.length} secrets were written before`;
    throw new KeywardError(code, message, { store, path, advice, cause: error });
  }
  await verifyTransfer(
    steps.map(({ wanted }) => wanted),
    target,
    { onProgress, clock },
  );
  return written;
}

async function writeOne({ path, inputs, ifVersion }: TransferStep, target: Provider, clock: Clock): Promise<void> {
  let onto = ifVersion;
  for (const input of inputs) {
    const version = await patiently(clock, () =>
      target.write(path, input, { ifVersion: expectedVersion(target, onto) }),
    );
    onto = version && versionKey(version);
  }
}

/**
 * Reads everything back and compares in constant time.
 *
 * @throws KeywardError `integrity` naming each place that is absent or holds another value; what the target throws.
 */
export async function verifyTransfer(
  wanted: readonly Wanted[],
  target: Provider,
  options: TransferOptions = {},
): Promise<void> {
  const steps = await planTransfer(wanted, target, {
    ...options,
    onProgress: ({ part }) => options.onProgress?.({ step: 'reading back', part }),
  });
  const wrong = steps.flatMap(({ missing, differing }) => [
    ...differing.map((ref) => `${ref} holds another value`),
    ...missing.map((ref) => `${ref} is absent`),
  ]);
  if (wrong.length === 0) return;
  throw new KeywardError('integrity', `${target.name} does not hold all of it: ${wrong.join(', ')}`, {
    store: target.name,
    advice: 'Run it again.',
  });
}

const pausesMs = [1000, 2000, 4000, 8000, 16_000, 32_000];

/** Tries again after a pause while the store asks to slow down. */
async function patiently<T>(clock: Clock, act: (attempt: number) => Promise<T>): Promise<T> {
  for (const [attempt, pauseMs] of pausesMs.entries()) {
    try {
      return await act(attempt);
    } catch (error) {
      if (!isKeywardError(error, 'throttled')) throw error;
      await sleep(clock, pauseMs);
    }
  }
  return act(pausesMs.length);
}
