import { randomBytes } from 'node:crypto';
import { isKeywardError, KeywardError, toKeywardError } from '../../core/errors.js';
import { readNoted } from '../../core/metadata.js';
import { lastRotatedEntry } from '../../core/rotation-due.js';
import type { RotationKind } from '../../core/rotator-settings.js';
import { type NotedVersion, versionKey } from '../../core/version.js';
import { allOf, credentialIn, holds, withCredential } from './credential.js';
import { HeldJournal, type Journal } from './journal.js';

import { isFinished, mayBePromoted, nextStep, type RotationStep, stateAfter } from './machine.js';
import { ownershipOf } from './ownership.js';
import { changedByHand, isRefusal, refusalAt } from './refusals.js';
import { replaceCredential } from './replace-credential.js';
import type { RolloutChange } from './rollouts/rollout.js';
import { rollBack, rollOut } from './rollouts/run-rollouts.js';
import type { OnStep, Rotating, RotationIntent, RotationParts } from './rotating.js';
import { RotationLog } from './rotation-log.js';
import type { Credential, Standing } from './rotators/rotator.js';
import { hasToWait } from './waits.js';

const maxRefusals = 3;
const firstRetryMs = 60_000;
const lastRetryMs = 3_600_000;

/**
 * Rotates as far as it goes now: to its end, or until it has to wait. Answers the journal as it stands.
 *
 * @throws KeywardError `conflict` when another process or another Keyward rotates the secret, when somebody changed it in
 * the middle, and for an intent that does not fit what is under way; what the store and the rotator throw. What was done
 * until then is written down: `resume` goes on, `undo` goes back.
 */
export async function rotate(
  parts: RotationParts,
  rotating: Rotating,
  intent: RotationIntent,
  onStep: OnStep = () => undefined,
): Promise<Journal> {
  const journal = await HeldJournal.take(parts, rotating.name, rotating.path);
  const rotation = new Rotation(parts, rotating, journal, onStep);
  let refusal: KeywardError | undefined;
  try {
    rotation.assertFits(intent);
    if (intent === 'undo') await rotation.undo();
    if (intent === 'skip') await rotation.skip();
    if (!rotation.isDoneAlready(intent)) refusal = await rotation.run();
  } finally {
    // Whoever took it over holds it now; whatever else failed, the lease ends by itself.
    await journal.release().catch(() => undefined);
  }
  if (refusal !== undefined) throw refusal;
  return journal.now;
}

/** Where the rotation stands that the journal is of. */
export function standingOf(kind: RotationKind, { state, waitUntil, wasExposed = false }: Journal): Standing {
  return { step: nextStep(kind, state), waitUntil, wasExposed };
}

class Rotation {
  readonly #parts: RotationParts;
  readonly #rotating: Rotating;
  readonly #journal: HeldJournal;
  readonly #log: RotationLog;
  readonly #onStep: OnStep;

  constructor(parts: RotationParts, rotating: Rotating, journal: HeldJournal, onStep: OnStep) {
    this.#parts = parts;
    this.#rotating = rotating;
    this.#journal = journal;
    this.#log = new RotationLog(parts, rotating.logName);
    this.#onStep = onStep;
  }

  /** Whether another process has done what was found to be due. */
  isDoneAlready(intent: RotationIntent): boolean {
    const { state, lastRotated } = this.#journal.now;
    const { plannedFor } = this.#rotating;
    if (intent !== 'due' || plannedFor === undefined || lastRotated === undefined) return false;
    return isFinished(state) && lastRotated >= plannedFor && lastRotated <= this.#parts.clock.now();
  }

  /** @throws KeywardError `conflict` */
  assertFits(intent: RotationIntent): void {
    const { state, path } = this.#journal.now;
    const isUnderWay = !isFinished(state);
    if (intent === 'due' || isUnderWay === (intent !== 'start')) return;
    if (isUnderWay) {
      throw new KeywardError('conflict', `a rotation of ${path} is under way (${state})`, {
        path,
        advice: 'Go on with it with --resume, or take it back with --rollback.',
      });
    }
    throw new KeywardError('conflict', `no rotation of ${path} is under way`, {
      path,
      advice: 'See its versions with: keyward history',
    });
  }

  /** Turns round. */
  async undo(failure?: Journal['failure']): Promise<void> {
    const { kind } = this.#rotating.rotator;
    const { state, path } = this.#journal.now;
    const undone = stateAfter(kind, state, 'undo');
    if (undone === undefined) return;
    const wasExposed = mayBePromoted(kind, state);
    if (!(await this.#hasWayBack())) {
      throw new KeywardError('conflict', `${path} had no value before this rotation`, {
        path,
        advice: 'Go on with --resume.',
      });
    }
    await this.#log.note('undo', { note: failure && `${failure.step} failed: ${failure.code}` });
    await this.#journal.save({
      ...{ state: undone, wasExposed, attempts: 0, failure },
      ...{ waitUntil: undefined, waitsFor: undefined },
    });
  }

  /** Leaves the roll-out, or the way back of it, to others. @throws KeywardError `conflict` at any other step. */
  async skip(): Promise<void> {
    const { state, path } = this.#journal.now;
    const step = nextStep(this.#rotating.rotator.kind, state);
    if (step !== 'rollout' && step !== 'rollback') {
      throw new KeywardError('conflict', `${path} is not being rolled out (${state})`, {
        path,
        advice: `See: keyward rotation status ${path}`,
      });
    }
    await this.#log.note('skip');
    await this.#told(step);
  }

  /** A secret that is made by this rotation had no value that consumers could go back to. */
  async #hasWayBack(): Promise<boolean> {
    const { previous } = await this.#journal.values();
    return previous !== undefined || !mayBePromoted(this.#rotating.rotator.kind, this.#journal.now.state);
  }

  /** Answers why it turned round by itself, when it did. */
  async run(): Promise<KeywardError | undefined> {
    let refusal: KeywardError | undefined;
    do {
      if (this.#rotating.signal?.aborted === true || (await hasToWait(this.#parts, this.#rotating, this.#journal)))
        break;
      const { attempts } = this.#journal.now;
      const { rotator } = this.#rotating;
      const standing = standingOf(rotator.kind, this.#journal.now);
      if ((await rotator.task?.(standing)) !== undefined) break;
      const { step } = standing;
      this.#onStep(step);
      // So that a repeated step is known as one.
      await this.#journal.save({ attempts: attempts + 1 });
      try {
        await this.#take(step);
      } catch (error) {
        const failure = this.#failureOf(step, error);
        const refused = refusalAt(step, error);
        refusal = refused !== undefined && (await this.#hasWayBack()) ? refused : undefined;
        if (refusal === undefined) {
          await this.#journal.save({ failure });
          throw toKeywardError(error, `rotating ${this.#rotating.path} (${step})`);
        }
        await this.undo(failure);
      }
    } while (!isFinished(this.#journal.now.state));
    return refusal;
  }

  #failureOf(step: RotationStep, error: unknown): Journal['failure'] {
    const pauseMs = Math.min(lastRetryMs, firstRetryMs * 2 ** (this.#journal.now.attempts - 1));
    const { code } = toKeywardError(error, step);
    return { step, code, retryAt: this.#parts.clock.now() + pauseMs };
  }

  #take(step: RotationStep): Promise<void> {
    switch (step) {
      case 'store':
        return this.#store();
      case 'set':
        return this.#set();
      case 'test':
        return this.#test();
      case 'promote':
        return this.#promote();
      case 'rollout':
        return this.#rollout(rollOut, step);
      case 'retire':
        return this.#retire();
      case 'restore':
        return this.#restore();
      case 'rollback':
        return this.#rollout(rollBack, step);
      case 'discard':
        return this.#discard();
      case 'undo':
        return this.undo();
    }
  }

  async #done(step: RotationStep, change: Partial<Journal> = {}): Promise<void> {
    const { kind } = this.#rotating.rotator;
    const state = stateAfter(kind, this.#journal.now.state, step) ?? this.#journal.now.state;
    // First: a crash in between has the step repeated, and noted once.
    await this.#log.note(step, { outcome: state === 'retired' || state === 'rolled_back' ? state : undefined });
    const next = nextStep(kind, state);
    const hasNobodyToTell =
      next === 'rollout'
        ? (this.#rotating.rollouts ?? []).length === 0
        : next === 'rollback' && (change.rollouts?.begun.length ?? 0) === 0;
    await this.#journal.save({
      attempts: 0,
      waitUntil: undefined,
      waitsFor: undefined,
      failure: undefined,
      ...change,
      ...(hasNobodyToTell && { waitUntil: this.#waitAfter(next) }),
      state: hasNobodyToTell ? (stateAfter(kind, state, next) ?? state) : state,
    });
  }

  #told(step: 'rollout' | 'rollback'): Promise<void> {
    const failure = step === 'rollback' ? this.#reason() : undefined;
    return this.#done(step, { waitUntil: this.#waitAfter(step), failure });
  }

  /** When it goes on after consumers were told. */
  #waitAfter(step: RotationStep): number | undefined {
    const { rotator, graceMs, spreadMs } = this.#rotating;
    if (step === 'rollback' && this.#journal.now.wasExposed !== true) return undefined;
    const isVerifier = step === 'rollout' && rotator.kind === 'verifier';
    return this.#parts.clock.now() + (isVerifier ? spreadMs : graceMs);
  }

  async #store(): Promise<void> {
    const { rotator, path, plannedFor } = this.#rotating;
    await this.#assertNotManaged();
    const found = await this.#read();
    const everything = found && allOf(found.payload);
    const { epoch } = this.#journal.now;
    const ownership = ownershipOf(this.#parts, path);
    ownership.assertFree(found, epoch);
    const pending = await rotator.generate(everything);
    const previous = found && credentialIn(found.payload, pending.keys());
    // What would not fit is found out before anything is changed.
    withCredential(found?.payload, pending);
    const isBuiltUpon = rotator.hasTarget && rotator.isMadeByPeople !== true;
    if (isBuiltUpon && previous !== undefined) await this.#assertInForce(previous);
    const values = await this.#journal.keepValues({ pending, previous: previous?.size === 0 ? undefined : previous });
    await ownership.claim(found, epoch + 1);
    const formerlyRotated = found?.metadata[lastRotatedEntry] ?? found?.version?.createdAt?.toISOString();
    const { incident } = this.#rotating;
    const begun = {
      ...{ epoch: epoch + 1, refusals: 0, incident },
      ...{ wasExposed: undefined, isRefused: undefined, former: undefined },
    };
    await this.#done('store', { values, formerlyRotated, plannedFor, ...begun });
    await this.#journal.forgetValues();
  }

  /** Two that rotate the same secret would take it from each other. */
  async #assertNotManaged(): Promise<void> {
    const { name, rotation } = this.#parts.provider;
    const { path } = this.#rotating;
    if ((await rotation?.status(path))?.isEnabled !== true) return;
    throw new KeywardError('conflict', `${name} rotates ${path} by itself`, {
      store: name,
      path,
      advice: 'Let one of the two do it: switch it off there, or take the `rotator:` out of keyward.yaml.',
    });
  }

  /** Else the store was put back to an older state, or the value was changed at the target by hand. */
  async #assertInForce(current: Credential): Promise<void> {
    if (await this.#works(current)) return;
    const { path } = this.#rotating;
    throw new KeywardError(
      'conflict',
      `the current value of ${path} does not work at its target; nothing was changed`,
      {
        path,
        advice: 'Store the value that works with: keyward set',
      },
    );
  }

  async #set(): Promise<void> {
    const { rotator, path } = this.#rotating;
    const { pending, previous } = await this.#journal.values();
    if (!rotator.hasTarget) return this.#done('set');
    const inStore = this.#journal.now.state === 'promoted' ? pending : previous;
    const found = await this.#read();
    if (inStore !== undefined && (found === undefined || !holds(found.payload, inStore))) throw changedByHand(path);
    if (this.#journal.now.attempts > 1 && (await this.#works(pending))) return this.#done('set');
    try {
      await rotator.set({ from: previous, to: pending });
    } catch (error) {
      const refusals = this.#journal.now.refusals + 1;
      // Consumers have the value of a verifier by now.
      if (!isKeywardError(error, 'invalid') || refusals >= maxRefusals || rotator.kind === 'verifier') throw error;
      const again = await rotator.generate(found && allOf(found.payload));
      const values = await this.#journal.keepValues({ pending: again, previous });
      await this.#journal.save({ values, refusals, attempts: 0 });
      await this.#journal.forgetValues();
      return;
    }
    await this.#done('set');
  }

  async #test(): Promise<void> {
    const { rotator, graceMs } = this.#rotating;
    await rotator.test((await this.#journal.values()).pending);
    await this.#done('test', rotator.kind === 'verifier' ? { waitUntil: this.#parts.clock.now() + graceMs } : {});
  }

  async #promote(): Promise<void> {
    const { path } = this.#rotating;
    const { pending, previous } = await this.#journal.values();
    await this.#noteFormer(previous);
    const now = this.#parts.clock.now();
    await replaceCredential(this.#parts.provider, this.#rotating.path, {
      expected: previous,
      wanted: pending,
      otherwise: () => changedByHand(path),
      rotated: new Date(now).toISOString(),
    });
    await this.#done('promote', { lastRotated: now, rollouts: { id: newId(), begun: [], done: [] } });
  }

  /** First: once it is replaced, nothing tells its version. */
  async #noteFormer(previous: Credential | undefined): Promise<void> {
    const found = previous === undefined ? undefined : await this.#read();
    if (previous === undefined || found?.version === undefined || !holds(found.payload, previous)) return;
    await this.#journal.save({ former: String(versionKey(found.version)) });
  }

  /** Whatever is current then: what somebody else wrote is brought too. */
  async #rollout(bring: typeof rollOut, step: 'rollout' | 'rollback'): Promise<void> {
    const { path, rollouts: planned = [] } = this.#rotating;
    const found = await this.#read();
    if (found === undefined) throw changedByHand(path);
    const change: RolloutChange = { id: this.#journal.now.rollouts?.id ?? '', path, payload: found.payload };
    const onRollout = (name: string) => this.#onStep(step, name);
    await bring({ planned, journal: this.#journal, clock: this.#parts.clock, onRollout }, change);
    await this.#told(step);
  }

  async #retire(): Promise<void> {
    const { path } = this.#rotating;
    const { pending, previous } = await this.#journal.values();
    const found = await this.#read();
    if (found === undefined) throw changedByHand(path);
    if (previous !== undefined && holds(found.payload, previous)) throw changedByHand(path);
    await this.#revoke(previous, credentialIn(found.payload, pending.keys()));
    await this.#proveRefusal(previous);
    await this.#finish('retire', found);
  }

  /** What leaked has to be seen refused. */
  async #proveRefusal(old: Credential | undefined): Promise<void> {
    const { rotator, path } = this.#rotating;
    if (this.#journal.now.incident === undefined || !rotator.hasTarget || old === undefined) return;
    if (await this.#works(old)) {
      throw new KeywardError('conflict', `the former value of ${path} is still accepted`, {
        path,
        advice: 'See why at its target, then go on with --resume.',
      });
    }
    await this.#journal.save({ isRefused: true });
  }

  async #restore(): Promise<void> {
    const { rotator } = this.#rotating;
    const { pending, previous } = await this.#journal.values();
    const { wasExposed, formerlyRotated, rollouts } = this.#journal.now;
    const found = await this.#read();
    const isOurs = found === undefined || holds(found.payload, pending);
    // Somebody's own value stays: then it is what has to work.
    const kept = isOurs ? previous : credentialIn(found.payload, pending.keys());
    if (rotator.hasTarget && rotator.kind !== 'overlap' && kept !== undefined) {
      if (!(await this.#works(kept))) await rotator.set({ from: pending, to: kept });
      await rotator.test(kept);
    }
    if (wasExposed === true && isOurs && previous !== undefined) {
      await replaceCredential(this.#parts.provider, this.#rotating.path, {
        expected: pending,
        wanted: previous,
        otherwise: () => undefined,
        rotated: formerlyRotated,
      });
    }
    await this.#done('restore', {
      failure: this.#reason(),
      lastRotated: undefined,
      rollouts: { id: newId(), begun: rollouts?.begun ?? [], done: [] },
    });
  }

  async #discard(): Promise<void> {
    const { pending, previous } = await this.#journal.values();
    const found = await this.#read();
    const inForce = found === undefined ? previous : credentialIn(found.payload, pending.keys());
    const isTheirs = this.#rotating.rotator.isMadeByPeople === true && this.#journal.now.wasExposed !== true;
    if (!isTheirs) await this.#revoke(pending, inForce);
    await this.#finish('discard', found);
  }

  /** Never takes back one credential before the other one is seen to work. */
  async #revoke(old: Credential | undefined, inForce: Credential | undefined): Promise<void> {
    const { rotator, path } = this.#rotating;
    if (!rotator.hasTarget || rotator.kind === 'swap' || old === undefined) return;
    if (inForce !== undefined && inForce.size > 0) {
      if ([...inForce].every(([name, secret]) => old.get(name)?.equals(secret) === true)) throw changedByHand(path);
      await rotator.test(inForce);
    }
    await rotator.revoke(old, inForce);
  }

  async #finish(step: RotationStep, found: NotedVersion | undefined): Promise<void> {
    await ownershipOf(this.#parts, this.#rotating.path).leave(found);
    await this.#done(step, {
      values: undefined,
      rollouts: undefined,
      failure: step === 'discard' ? this.#reason() : undefined,
    });
    await this.#journal.forgetValues();
  }

  /** Why it went back by itself. */
  #reason(): Journal['failure'] {
    const { failure } = this.#journal.now;
    return failure !== undefined && ['test', 'set', 'rollout'].includes(failure.step) ? failure : undefined;
  }

  async #works(credential: Credential): Promise<boolean> {
    try {
      await this.#rotating.rotator.test(credential);
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }

  #read(): Promise<NotedVersion | undefined> {
    return readNoted(this.#parts.provider, this.#rotating.path);
  }
}

function newId(): string {
  return randomBytes(8).toString('hex');
}
