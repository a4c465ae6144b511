import { KeywardError } from '../core/errors.js';
import type { RotationKind } from '../core/rotator-settings.js';
import { Secret } from '../core/secret.js';
import type { Credential, Rotator } from '../lifecycle/rotation/rotators/rotator.js';

const field = 'value';

export const credentialOf = (text: string): Credential => new Map([[field, Secret.fromText(text)]]);
const textOf = (credential: Credential): string => credential.get(field)?.expose() ?? '';

/** A service that takes passwords, as each kind of rotator meets it. */
export class SimulatedTarget {
  readonly accepted = new Set<string>();
  readonly rotator: Rotator;
  #made = 0;

  constructor(kind: RotationKind, initial: readonly string[] = []) {
    for (const text of initial) this.accepted.add(text);
    this.rotator = {
      kind,
      hasTarget: true,
      generate: async () => {
        this.#made += 1;
        return credentialOf(`made ${this.#made}`);
      },
      set: async ({ to }) => {
        if (kind === 'swap') this.accepted.clear();
        this.accepted.add(textOf(to));
      },
      test: async (credential) => {
        if (this.accepted.has(textOf(credential))) return;
        throw new KeywardError('unauthenticated', 'the target refuses the credential');
      },
      revoke: async (credential) => void this.accepted.delete(textOf(credential)),
    };
  }
}

/** The end of a process, at one of the calls that it makes. */
export class SuddenEnd extends Error {}

/** Ends the process at its call of this number, before the call is made or after it: nothing gets out from then on. */
export class Mortal {
  readonly #at: number;
  readonly #isAfter: boolean;
  readonly #onCall: () => void;
  #calls = 0;
  #isOver = false;

  /** @param onCall is called when something may have changed. */
  constructor(at: number, isAfter: boolean, onCall: () => void) {
    this.#at = at;
    this.#isAfter = isAfter;
    this.#onCall = onCall;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The object, each of whose asynchronous methods may be the last that is called. */
  wrap<T extends object>(subject: T): T {
    return new Proxy(subject, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: readonly unknown[]) => {
          if (this.#isOver) throw new SuddenEnd();
          this.#calls += 1;
          const isLast = this.#calls === this.#at;
          if (isLast && !this.#isAfter) this.#end();
          const result: unknown = await Reflect.apply(member, target, args);
          this.#onCall();
          if (isLast) this.#end();
          return result;
        };
      },
    });
  }

  #end(): never {
    this.#isOver = true;
    throw new SuddenEnd();
  }
}
