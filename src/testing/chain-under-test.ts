import { emptyInventory } from '../core/inventory.js';
import type { AccessRecord } from '../core/observer.js';
import { createSecrets, type SecretsOptions } from '../resolver/create-secrets.js';
import type { Secrets } from '../resolver/secrets.js';
import { FakeClock } from './fake-clock.js';
import { createScriptedProvider, type ScriptedProvider, type ScriptedProviderOptions } from './scripted-provider.js';

type Store = Omit<ScriptedProviderOptions, 'clock'>;

export interface ChainUnderTest {
  readonly clock: FakeClock;
  readonly accesses: AccessRecord[];
  /** A store whose delays pass with the clock. */
  store(options: Store): ScriptedProvider;
  /** The face over the links, in development unless said otherwise, with retries that are not spread. */
  secrets(options: Partial<SecretsOptions> & Pick<SecretsOptions, 'links'>): Secrets;
  /** The outcome, letting the clock run through every wait on the way. */
  settle<T>(outcome: Promise<T>): Promise<T>;
}

/** A chain of scripted stores on a clock that moves when told to. */
export function chainUnderTest(): ChainUnderTest {
  const clock = new FakeClock();
  const accesses: AccessRecord[] = [];
  return {
    clock,
    accesses,
    store: (options) => createScriptedProvider({ ...options, clock }),
    secrets: (options) =>
      createSecrets({
        inventory: emptyInventory,
        environment: options.production ? 'production' : 'development',
        production: false,
        clock,
        observer: { finding() {}, access: (record) => void accesses.push(record) },
        random: () => 1,
        ...options,
      }),
    async settle(outcome) {
      let isSettled = false;
      const done = () => {
        isSettled = true;
      };
      outcome.then(done, done);
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (isSettled) return outcome;
        await clock.advance(50);
      }
    },
  };
}
