import type { RotationKind } from '../../../core/rotator-settings.js';
import type { Secret } from '../../../core/secret.js';

/** The fields that are rotated, by name; `value` is the one of a secret without fields. */
export type Credential = ReadonlyMap<string, Secret>;

export interface Change {
  /** What is in force; `undefined` for a secret that is made by its first rotation. */
  readonly from: Credential | undefined;
  readonly to: Credential;
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
  /** A new credential, never one that it gave before. Changes nothing anywhere. */
  generate(current: Credential | undefined): Promise<Credential>;
  /** From then on `to` is accepted; of a swap, `from` no longer is. */
  set(change: Change): Promise<void>;
  /** @throws KeywardError `unauthenticated` or `denied` when the credential does not work. */
  test(credential: Credential): Promise<void>;
  /** From then on it is not accepted any more; also when it never was. `inForce` is what the store holds and stays. */
  revoke(credential: Credential, inForce: Credential | undefined): Promise<void>;
}
