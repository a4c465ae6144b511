import { expect, test } from 'vitest';
import { isKeywardError } from '../src/core/errors.js';
import { emptyInventory } from '../src/core/inventory.js';
import { documentPayload, fieldsOf, payloadText } from '../src/core/payload.js';
import type { Provider } from '../src/core/provider.js';
import type { RotationKind } from '../src/core/rotator-settings.js';
import { createSecrets } from '../src/resolver/create-secrets.js';
import type { Fields, Secrets } from '../src/resolver/secrets.js';
import { RotationScene } from '../src/testing/rotation-scene.js';
import { count as countOf, fullRunMs, keepEvidence } from './faults/full-run.js';
import { credentialOf, type RotatedLogin, type RotatedLogins } from './rotated-login.js';

/** Logs in with what it is given as credentials of the moment. */
type LogIn = (login: Fields) => Promise<void>;

/** A program that takes its credentials from the library, in one of the ways that there are. */
type Consumer = (secrets: Secrets) => Promise<(logIn: LogIn) => Promise<void>>;

const consumers: Readonly<Record<string, Consumer>> = {
  asking: async (secrets) => async (logIn) => logIn(await secrets.getAll(RotationScene.path)),
  handles: async (secrets) => {
    const handle = await secrets.handleAll(RotationScene.path);
    return async (logIn) => logIn(handle.current());
  },
  credentials: async (secrets) => (logIn) =>
    secrets.withCredentials('token', ({ apiSecret }) => logIn(fieldsIn(apiSecret.expose())), {
      isAuthError: (error) => isKeywardError(error, 'unauthenticated'),
    }),
};

/** The same store, in which every document is the credentials of an exchange: its fields are the secret of the key. */
function asExchange(provider: Provider): Provider {
  return {
    ...provider,
    capabilities: new Set(['describe']),
    read: async (ref, options) => {
      const found = await provider.read(ref, options);
      if (found === undefined) return undefined;
      const texts = [...fieldsOf(found.payload)].map(([name, payload]) => [name, payloadText(payload)]);
      const secret = JSON.stringify(Object.fromEntries(texts));
      return {
        ...found,
        payload: documentPayload([
          ['api_key', 'fields'],
          ['api_secret', secret],
        ]),
      };
    },
  };
}

function fieldsIn(text: string): Fields {
  const texts: Readonly<Record<string, string>> = JSON.parse(text);
  return Object.fromEntries(credentialOf(texts));
}

const atATime = 4;

/** What consumers of a login see while it is rotated three times: with two logins at a time, nothing. */
export function testRotatedConsumers({ evidence, kind, make, daily = 600 }: RotatedLogins): void {
  test.each(Object.entries(consumers))(
    `lets ${kind === 'overlap' ? 'no request' : 'nobody for longer than a moment'} of programs fail: %s`,
    async (name, consumer) => {
      const claim = expect.getState().currentTestName ?? '';
      const total = countOf({ daily, full: 10_000 });
      const { rotator, fields, logIn } = await make();
      const { scene, secrets } = sceneOf(kind, fields, name === 'credentials' ? asExchange : undefined);
      const use = await consumer(secrets);
      const refusedMs: number[] = [];
      let requests = 0;
      let pauses = Promise.resolve();
      /** What handles wait before they ask again, one after the other since they move one clock. */
      const pause = () => {
        pauses = pauses.then(() => scene.clock.advance(1_000));
        return pauses;
      };
      const request = async () => {
        const began = performance.now();
        let isRefused = false;
        const noting: LogIn = async (login) => {
          try {
            await logIn(new Map(Object.entries(login)));
          } catch (error) {
            isRefused ||= isKeywardError(error, 'unauthenticated');
            throw error;
          }
        };
        for (let isOver = false; !isOver; ) {
          try {
            await use(noting);
            isOver = true;
          } catch (error) {
            if (!isKeywardError(error, 'unauthenticated')) throw error;
            await secrets.refresh();
            await pause();
          }
        }
        requests += 1;
        if (isRefused) refusedMs.push(Math.round(performance.now() - began));
      };
      const requestsUntil = (last: number) =>
        Promise.all(
          Array.from({ length: atATime }, async () => {
            while (requests < last) await request();
          }),
        );
      for (const turn of [1, 2, 3]) {
        await Promise.all([scene.run('start', {}, rotator), requestsUntil((total * (turn - 0.5)) / 3)]);
        await scene.clock.advance(RotationScene.graceMs);
        await secrets.refresh();
        const [{ state }] = await Promise.all([scene.run('resume', {}, rotator), requestsUntil((total * turn) / 3)]);
        expect(state).toBe('retired');
      }
      await secrets.close();
      if (kind === 'overlap') expect(refusedMs).toEqual([]);
      const longestMs = Math.max(0, ...refusedMs);
      keepEvidence(name === 'asking' ? evidence : `${evidence}-${name}`, claim, {
        requests,
        rotations: 3,
        refused: refusedMs.length,
        longestMs,
      });
    },
    fullRunMs,
  );
}

/** A rotation of what the fields hold, and the library of a program that reads it; `further` makes that of another one. */
export function sceneOf(
  kind: RotationKind,
  fields: RotatedLogin['fields'],
  seenAs: (provider: Provider) => Provider = (provider) => provider,
) {
  const scene = new RotationScene(kind);
  scene.provider.set(RotationScene.path, fields['value'] ?? fields);
  const further = () =>
    createSecrets({
      links: [{ provider: seenAs(scene.provider) }],
      inventory: emptyInventory,
      credentials: ['app/{name}'],
      environment: 'test',
      production: false,
      clock: scene.clock,
      random: () => 1,
    });
  return { scene, secrets: further(), further };
}
