import type { Clock } from '../../../../core/clock.js';
import { KeywardError } from '../../../../core/errors.js';
import type { RotationKind } from '../../../../core/rotator-settings.js';
import { runProgram } from '../../../../host/run-program.js';
import type { Credential, Rotator } from '../rotator.js';
import { parseCredential, type Step, stepInput } from '../step-input.js';

export interface ExecOptions {
  readonly command: readonly string[];
  readonly kind: RotationKind;
  readonly path: string;
  readonly timeoutMs: number;
  /** Where it runs. */
  readonly folder: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** The exit status by which the program says no, so that no accident is taken for it. */
export const refusedStatus = 3;

const maxOutputBytes = 1024 * 1024;

/**
 * A program that rotates. It is run for each step with JSON on standard input, `{"step", "path", "from", "to"}`, where
 * `from` and `to` are credentials as objects of texts; for `generate` it prints the new credential as such an object. Exit
 * status 0 is yes, 3 is no, and any other leaves open what happened.
 *
 * @throws KeywardError `config` without a program.
 */
export function createExecRotator({ command, kind, path, timeoutMs, folder, env, clock }: ExecOptions): Rotator {
  const [program, ...args] = command;
  if (program === undefined) throw new KeywardError('config', `${path}: \`exec\` names no program`, { path });

  const ask = async (step: Step, from: Credential | undefined, to?: Credential): Promise<Buffer> => {
    const input = stepInput(step, path, from, to);
    const { status, output } = await runProgram({
      command: program,
      args,
      cwd: folder,
      env,
      input,
      timeoutMs,
      maxBytes: maxOutputBytes,
      clock,
      store: path,
    }).finally(() => input.fill(0));
    if (status === 0) return output;
    output.fill(0);
    if (status === refusedStatus) {
      const code = step === 'test' ? 'unauthenticated' : 'invalid';
      throw new KeywardError(code, `${path}: ${program} answered no to ${step}`, { path });
    }
    const how = status === undefined ? 'was ended by a signal' : `ended with status ${status}`;
    throw new KeywardError('unavailable', `${path}: ${program} ${how} at ${step}`, {
      path,
      advice: `Run it by hand in ${folder} to see what it says.`,
    });
  };

  return {
    kind,
    hasTarget: true,
    async generate(current) {
      const output = await ask('generate', current);
      try {
        return parseCredential(output, path, program);
      } finally {
        output.fill(0);
      }
    },
    set: async ({ from, to }) => void (await ask('set', from, to)),
    test: async (credential) => void (await ask('test', undefined, credential)),
    revoke: async (credential, inForce) => void (await ask('revoke', credential, inForce)),
  };
}
