import type { RotationKind } from '../../../core/rotator-settings.js';
import type { Secret } from '../../../core/secret.js';
import type { RotationStep } from '../machine.js';

/** The fields that are rotated, by name; `value` is the one of a secret without fields. */
export type Credential = ReadonlyMap<string, Secret>;

export interface Change {
  /** What is in force; `undefined` for a secret that is made by its first rotation. */
  readonly from: Credential | undefined;
  readonly to: Credential;
}

/** Where a rotation stands. */
export interface Standing {
  /** What comes next. */
  readonly step: RotationStep;
  /** Whether it has to wait until then, in milliseconds since 1970. */
  readonly waitUntil: number | undefined;
  /** On the way back: whether consumers may have the new credential. */
  readonly wasExposed: boolean;
}

/** Something that only a person can do. */
export interface PersonTask {
  readonly name: 'stage' | 'create' | 'enter' | 'attest' | 'verify' | 'revoke';
  /** What is to be done, as a sentence. */
  readonly title: string;
  /** What to mind. */
  readonly details: readonly string[];
  /** The fields to be entered. */
  readonly fields?: readonly string[] | undefined;
}

/**
 * What makes a credential and brings it into force. Construction does no I/O. `set`, `test` and `revoke` are asked again
 * after a crash or a lost answer: once more changes nothing. Refusals are answers: `unauthenticated` or `denied` where a
 * credential is not accepted, `invalid` where its form is not; every other error leaves open what happened.
 */
export interface Rotator {
  readonly kind: RotationKind;
  /** Whether anything beyond the store has to accept the credential. Without, `set` and `revoke` do nothing. */
  readonly hasTarget: boolean;
  /** Whether people make it and take it back: the current one may be dead, and one that nobody has used is theirs. */
  readonly isMadeByPeople?: boolean;
  /** How long the former credential works on, unless the configuration says it: at least so many milliseconds. */
  readonly graceMs?: number;
  /** What a person has to do before that step may be taken: the rotation stands still until then. */
  task?(standing: Standing): Promise<PersonTask | undefined>;
  /** A new credential, never one that it gave before. Changes nothing anywhere. */
  generate(current: Credential | undefined): Promise<Credential>;
  /** From then on `to` is accepted; of a swap, `from` no longer is. */
  set(change: Change): Promise<void>;
  /** @throws KeywardError `unauthenticated` or `denied` when the credential does not work. */
  test(credential: Credential): Promise<void>;
  /**
   * Asks about the credential that is in force, where that is another question than `test`, and notes nothing. Answers
   * whether there was anybody to ask. @throws KeywardError as `test`.
   */
  probe?(credential: Credential): Promise<boolean>;
  /** From then on it is not accepted any more; also when it never was. `inForce` is what the store holds and stays. */
  revoke(credential: Credential, inForce: Credential | undefined): Promise<void>;
}
