import { systemClock } from '../core/clock.js';
import { type Path, parsePath } from '../core/path.js';
import { payloadOf } from '../core/payload.js';
import { Secret } from '../core/secret.js';
import type { RotationStatus } from '../lifecycle/rotation/due.js';
import type { RotationIntent } from '../lifecycle/rotation/rotating.js';
import type { RotationFinding } from '../lifecycle/rotation/rotation-findings.js';
import { type OpenSecretsOptions, openLibraryWorkspace } from './open-secrets.js';

export type { RotationFinding, RotationStatus };

/** How far a rotation has come. */
export interface RotationProgress {
  readonly path: Path;
  /** `retired` is its end; `promoted` and a time: the new value is current, and the former one works until then. */
  readonly state: RotationStatus['state'];
  /** When it is to be gone on with; `undefined` at its end. */
  readonly waitsUntil: Date | undefined;
}

/** The rotations of a project: of the secrets to which its `keyward.yaml` gives a rotator. */
export interface OpenedRotations {
  /** In the order of the inventory. */
  readonly paths: readonly Path[];
  /**
   * Begins a rotation and takes it as far as it goes now. Every step is written down first: after a crash or an error,
   * `resume` goes on and `rollback` goes back.
   *
   * @param value the new value, instead of one that is made; bytes are copied.
   * @throws KeywardError `config` for a path without a rotator, `conflict` while a rotation of it is under way or another
   * process works at it, `unsupported` for a value where several fields belong together; what the store and the target
   * say.
   */
  rotate(path: string, value?: Secret | Uint8Array): Promise<RotationProgress>;
  /** Goes on with what is under way. @throws KeywardError as `rotate`; `conflict` when nothing is. */
  resume(path: string): Promise<RotationProgress>;
  /** Takes back what is under way. @throws KeywardError as `resume`. */
  rollback(path: string): Promise<RotationProgress>;
  /** Where a secret stands. Reads no value. @throws KeywardError `config` for a path without a rotator; as the store. */
  status(path: string): Promise<RotationStatus>;
  /**
   * What it is time for, to be begun or to be gone on with: hand each to `rotate` or `resume`, or run
   * `keyward rotate --due`.
   *
   * @throws KeywardError as the stores: the first that does not say where a secret stands.
   */
  due(): Promise<readonly RotationStatus[]>;
  /**
   * What is wrong: rotations that failed, that nobody goes on with, that wait for somebody, that are overdue; also of
   * secrets with `rotate:` and no rotator. For the health answer of a program, beside `secrets.health()`. Reads no value.
   *
   * @throws KeywardError as the store in which rotations are written down.
   */
  findings(): Promise<readonly RotationFinding[]>;
  close(): Promise<void>;
}

/**
 * Opens the project's configuration, its chain, and Keyward's own store, in which rotations are written down.
 *
 * @throws KeywardError `config` when the configuration is wrong or not trusted, when there is no such store, or nothing can
 * be written to; `sealed`.
 */
export async function openRotations(options: OpenSecretsOptions = {}): Promise<OpenedRotations> {
  const workspace = await openLibraryWorkspace(options);
  try {
    const { openRotations: rotationsOf } = await import('./rotations.js');
    const { clock = systemClock, env = process.env } = options;
    const rotations = await rotationsOf(workspace, { env, clock });
    const run = async (text: string, intent: RotationIntent, value?: Secret): Promise<RotationProgress> => {
      const path = parsePath(text);
      const { state, waitUntil } = await rotations.rotate(path, intent, { value });
      return { path, state, waitsUntil: waitUntil === undefined ? undefined : new Date(waitUntil) };
    };
    return {
      paths: rotations.paths,
      rotate: (path, value) =>
        run(path, 'start', value instanceof Uint8Array ? Secret.of(payloadOf(Uint8Array.from(value))) : value),
      resume: (path) => run(path, 'resume'),
      rollback: (path) => run(path, 'undo'),
      status: async (path) => rotations.status(parsePath(path)),
      async due() {
        const statuses = await rotations.statuses(rotations.paths);
        return statuses.flatMap((status) => {
          if ('error' in status) throw status.error;
          return status.next === 'due' ? [status] : [];
        });
      },
      async findings() {
        const { rotationProblems } = await import('./rotation-problems.js');
        return rotationProblems(rotations, clock.now());
      },
      close: () => workspace.close(),
    };
  } catch (error) {
    await workspace.close();
    throw error;
  }
}
