import { assertText } from '../../compose/assert-text.js';
import type { Secret } from '../../core/secret.js';
import { notFound, type StartedChild, startChild } from '../../host/child-process.js';
import type { Invocation } from '../command.js';
import { fileVariable, givenAsFiles, givenAsText, refuseNames } from './child-environment.js';
import type { OutputRedaction } from './output-redaction.js';
import type { RunPlan } from './run-plan.js';
import type { SecretFiles } from './secret-files.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface LaunchedProgram extends StartedChild {
  /** Once everything that it and its own children wrote has been handed on. */
  readonly drained: Promise<void>;
}

/** Starts the program as planned, as often as needed. */
export interface Launcher {
  /** @throws KeywardError `config` for a name that is refused, `invalid` for a value that cannot be given. */
  check(values: ReadonlyMap<string, Secret>): void;
  /** @throws KeywardError as `check`; `unavailable` and `config` when a file cannot be written. */
  start(values: ReadonlyMap<string, Secret>): LaunchedProgram;
  /** Lets a running program find the new values where it can: in its files. @throws as `start` */
  update(values: ReadonlyMap<string, Secret>): void;
  close(): void;
}

export async function createLauncher(invocation: Invocation, plan: RunPlan): Promise<Launcher> {
  const { io, output } = invocation;
  const redaction = plan.redact ? await openRedaction(invocation) : undefined;
  const files = plan.files && (await openFiles(io.env, plan.files.inFolder));

  const check = (values: ReadonlyMap<string, Secret>) => {
    const names = [...values.keys()];
    refuseNames(files === undefined ? names : names.map(fileVariable), plan.allowed);
    if (files === undefined) assertText(values);
  };
  const deliver = (values: ReadonlyMap<string, Secret>): Environment => {
    check(values);
    redaction?.mask(values);
    return files === undefined ? givenAsText(values) : givenAsFiles(files.write(values));
  };

  return {
    check,
    start: (values) => {
      const env = { ...plan.base, ...redaction?.variables, ...deliver(values) };
      const start = (streams?: readonly [number, number]) =>
        startChild({
          command: plan.program,
          args: plan.args,
          env,
          cwd: io.cwd,
          output: streams,
          onNotStarted: (status) => {
            const problem = status === notFound ? 'there is no such program' : 'the program may not be executed';
            output.note(`keyward: ${problem} (exit status ${status})`);
          },
        });
      return redaction === undefined ? { ...start(), drained: Promise.resolve() } : redaction.start(start);
    },
    update: (values) => void deliver(values),
    close: () => files?.remove(),
  };
}

async function openFiles(env: Environment, inFolder: string | undefined): Promise<SecretFiles> {
  const { createSecretFiles } = await import('./secret-files.js');
  return createSecretFiles(env, inFolder);
}

async function openRedaction({ io, output }: Invocation): Promise<OutputRedaction> {
  const { createOutputRedaction } = await import('./output-redaction.js');
  return createOutputRedaction(io, (names) => output.note(`too short to be masked in the output: ${names.join(', ')}`));
}
