import { describe, expect, test } from 'vitest';
import { isKeywardError } from '../src/core/errors.js';
import type { RotationKind } from '../src/core/rotator-settings.js';
import { Secret } from '../src/core/secret.js';
import { currentHolder } from '../src/lifecycle/rotation/journal.js';
import type { RotationIntent } from '../src/lifecycle/rotation/rotating.js';
import type { Credential, Rotator } from '../src/lifecycle/rotation/rotators/rotator.js';
import { RotationScene } from '../src/testing/rotation-scene.js';
import { Mortal } from '../src/testing/simulated-target.js';
import { createTestSecrets } from '../src/testing/test-secrets.js';
import { count as countOf, fullRunMs, keepEvidence } from './faults/full-run.js';

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
  /** Requests at a time; those of the full run are 10,000 in all. */
  readonly daily?: number | undefined;
}

/** What consumers of a rotated login see, and what is left of a rotation that ends anywhere. */
export function describeRotatedLogins({ evidence, kind, make, daily = 2000 }: RotatedLogins): void {
  describe(`a rotation of ${evidence} (kind ${kind})`, () => {
    test(
      `lets ${kind === 'overlap' ? 'no request' : 'nobody for longer than a moment'} fail`,
      async () => {
        const claim = expect.getState().currentTestName ?? '';
        const total = countOf({ daily, full: 10_000 });
        const { scene, secrets, current, run, logIn } = await rotated(kind, make);
        const refusedMs: number[] = [];
        let requests = 0;
        const request = async () => {
          const began = performance.now();
          let isRefused = false;
          for (;;) {
            try {
              await logIn(await current());
              break;
            } catch (error) {
              if (!isKeywardError(error, 'unauthenticated')) throw error;
              isRefused = true;
              await secrets.refresh();
            }
          }
          requests += 1;
          if (isRefused) refusedMs.push(Math.round(performance.now() - began));
        };
        const requestsUntil = (last: number) =>
          Promise.all(
            Array.from({ length: 4 }, async () => {
              while (requests < last) await request();
            }),
          );
        for (const turn of [1, 2, 3]) {
          await Promise.all([run('start'), requestsUntil((total * (turn - 0.5)) / 3)]);
          await scene.clock.advance(RotationScene.graceMs);
          await secrets.refresh();
          const [state] = await Promise.all([run('resume'), requestsUntil((total * turn) / 3)]);
          expect(state).toBe('retired');
        }
        await secrets.close();
        if (kind === 'overlap') expect(refusedMs).toEqual([]);
        const longestMs = Math.max(0, ...refusedMs);
        keepEvidence(evidence, claim, { requests, rotations: 3, refused: refusedMs.length, longestMs });
      },
      fullRunMs,
    );

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
  const scene = new RotationScene(kind);
  const target = await make();
  const hasFields = !Object.hasOwn(target.fields, 'value');
  scene.provider.set(RotationScene.path, target.fields['value'] ?? target.fields);
  const secrets = createTestSecrets({ providers: [scene.provider], clock: scene.clock });
  const current = async (): Promise<Credential> => {
    if (hasFields) return new Map(Object.entries(await secrets.getAll(RotationScene.path)));
    return new Map([['value', await secrets.get(RotationScene.path)]]);
  };
  const run = async (intent: RotationIntent) => (await scene.run(intent, {}, target.rotator)).state;
  return { scene, secrets, current, run, initial: credentialOf(target.fields), ...target };
}
