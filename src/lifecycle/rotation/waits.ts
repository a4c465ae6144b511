import type { Clock } from '../../core/clock.js';
import { HeldJournal } from './journal.js';
import { nextStep } from './machine.js';
import type { Rotating, RotationParts } from './rotating.js';

/** How soon it is looked again who uses the former value. */
const lookAgainMs = 10 * 60_000;

/** Whether the rotation is to go on later only; until when is written down. */
export async function hasToWait(
  { clock }: { readonly clock: Clock },
  rotating: Rotating,
  journal: HeldJournal,
): Promise<boolean> {
  return (await isBeforeTime(clock.now(), rotating, journal)) || isInUse(clock.now(), rotating, journal);
}

/** A wait that is longer than any was written down by a clock that was wrong: it begins anew. */
async function isBeforeTime(now: number, { graceMs, spreadMs }: Rotating, journal: HeldJournal): Promise<boolean> {
  const { waitUntil } = journal.now;
  if (waitUntil === undefined || waitUntil <= now) return false;
  const until = Math.min(waitUntil, now + Math.max(graceMs, spreadMs));
  if (until < waitUntil) await journal.save({ waitUntil: until });
  return until > now;
}

/** Whether the former value is to work on for those who use it; in an incident it is not. */
async function isInUse(now: number, { whenUnused, rotator }: Rotating, journal: HeldJournal): Promise<boolean> {
  const { state, lastRotated, former, incident } = journal.now;
  if (whenUnused === undefined || incident !== undefined || lastRotated === undefined) return false;
  // A promotion that is yet to come was noted by a clock that was wrong: nothing tells how long it has been waited.
  if (nextStep(rotator.kind, state) !== 'retire' || lastRotated > now) return false;
  const endsAt = lastRotated + whenUnused.longestMs;
  const waitsFor = now < endsAt ? await whenUnused.users(former, lastRotated) : [];
  if (waitsFor.length === 0) return false;
  await journal.save({ waitsFor, waitUntil: Math.min(now + lookAgainMs, endsAt) });
  return true;
}

/** Lets the rotation wait for the whole grace from now on. @throws KeywardError `conflict` as `rotate`. */
export async function waitAnew(parts: RotationParts, { name, path, graceMs }: Rotating): Promise<void> {
  const journal = await HeldJournal.take(parts, name, path);
  await journal.save({ waitUntil: parts.clock.now() + graceMs });
  await journal.release();
}
