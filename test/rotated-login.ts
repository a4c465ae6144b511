import { describe, expect, test } from 'vitest';
import { isKeywardError } from '../src/core/errors.js';
import type { RotationKind } from '../src/core/rotator-settings.js';
import { Secret } from '../src/core/secret.js';
import { currentHolder } from '../src/lifecycle/rotation/journal.js';
import type { RotationIntent } from '../src/lifecycle/rotation/rotating.js';
import type { Credential, Rotator } from '../src/lifecycle/rotation/rotators/rotator.js';
import { RotationScene } from '../src/testing/rotation-scene.js';
import { Mortal } from '../src/testing/simulated-target.js';
import { count as countOf, fullRunMs } from './faults/full-run.js';
import { sceneOf, testRotatedConsumers } from './rotated-consumers.js';

/** A login at a real server, in force, and what rotates it. */
export interface RotatedLogin {
  readonly rotator: Rotator;
  /** The fields of the secret; `value` of one without fields. */
  readonly fields: Readonly<Record<string, string>>;
  /** Logs in and out as a consumer does. @throws KeywardError `unauthenticated` when the server refuses it. */
  readonly logIn: (login: Credential) => Promise<void>;
}

export const credentialOf = (fields: Readonly<Record<string, string>>): Credential =>
  new Map(Object.entries(fields).map(([name, text]) => [name, Secret.fromText(text)]));

/** Whether a login works. */
export const worksBy =
  (rotator: Rotator) =>
  async (login: Credential): Promise<boolean> => {
    try {
      await rotator.test(login);
      return true;
    } catch (error) {
      if (isKeywardError(error, 'unauthenticated')) return false;
      throw error;
    }
  };

export interface RotatedLogins {
  /** `postgres-overlap`: its page in docs/evidence. */
  readonly evidence: string;
  readonly kind: RotationKind;
  readonly make: () => Promise<RotatedLogin>;
  /** How many requests each program makes: 600 when absent. Those of the full run are 10,000. */
  readonly daily?: number | undefined;
}

/** What consumers of a rotated login see, and what is left of a rotation that ends anywhere. */
export function describeRotatedLogins({ evidence, kind, make, daily }: RotatedLogins): void {
  describe(`a rotation of ${evidence} (kind ${kind})`, () => {
    testRotatedConsumers({ evidence, kind, make, daily });

    test(
      'that ends anywhere leaves a value that works, and goes on or back',
      async () => {
        const stride = countOf({ daily: 2, full: 1 });
        for (const isAfter of [false, true]) {
          for (let at = 1, isOver = true; isOver; at += stride) {
            const { scene, current, run, rotator, initial, secrets } = await rotated(kind, make);
            const mortal = new Mortal(at, isAfter, () => undefined);
            const { records, provider } = scene;
            const ending = {
              records: mortal.wrap(records),
              provider: mortal.wrap(provider),
              holder: { ...currentHolder(), pid: 2 ** 30 },
            };
            const known = [initial];
            const generate: Rotator['generate'] = async (former) => {
              const made = await rotator.generate(former);
              known.push(made);
              return made;
            };
            await scene.run('start', ending, mortal.wrap({ ...rotator, generate })).catch((error) => {
              if (!mortal.isOver) throw error;
            });
            isOver = mortal.isOver;
            expect(await Promise.all(known.map(worksBy(rotator)))).toContain(true);
            if (kind === 'overlap') await rotator.test(await current());
            const isBack = at % 2 === 0 && (await records.get('rotation/1')) !== undefined;
            let state = await run(isBack ? 'undo' : 'due').catch(() => run('due'));
            for (let turn = 0; turn < 5 && state !== 'retired' && state !== 'rolled_back'; turn += 1) {
              await scene.clock.advance(RotationScene.graceMs);
              await secrets.refresh();
              state = await run('resume');
            }
            await secrets.refresh();
            await rotator.test(await current());
            const isFormer = state === 'rolled_back';
            if (isFormer) await rotator.test(initial);
            else await expect(rotator.test(initial)).rejects.toMatchObject({ code: 'unauthenticated' });
            await secrets.close();
          }
        }
      },
      fullRunMs,
    );
  });
}

async function rotated(kind: RotationKind, make: () => Promise<RotatedLogin>) {
  const target = await make();
  const { scene, secrets } = sceneOf(kind, target.fields);
  const current = async (): Promise<Credential> => new Map(Object.entries(await secrets.getAll(RotationScene.path)));
  const run = async (intent: RotationIntent) => (await scene.run(intent, {}, target.rotator)).state;
  return { scene, secrets, current, run, initial: credentialOf(target.fields), ...target };
}
