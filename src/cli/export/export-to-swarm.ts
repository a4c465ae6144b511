import { systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Secret } from '../../core/secret.js';
import { runProgram } from '../../host/run-program.js';
import { flagOption, type Invocation, listOption } from '../command.js';

/** What Docker takes: https://docs.docker.com/engine/swarm/secrets/ */
const maxBytes = 500 * 1000;
const maxNameLength = 64;
const timeoutMs = 60_000;

/**
 * Prints the commands that make Swarm secrets of the values, which hold none of them, or with `--run` makes those that are
 * not there, each value on the standard input of `docker`.
 *
 * @throws KeywardError `too_large` and `invalid` for what a Swarm secret cannot be, before any is made; `config` without
 * docker, `unavailable` when it fails.
 */
export async function exportToSwarm(invocation: Invocation, values: ReadonlyMap<string, Secret>): Promise<void> {
  const { output } = invocation;
  const secrets = [...values].map(([name, secret]) => ({ variable: name, name: name.toLowerCase(), secret }));
  for (const { name, secret } of secrets) assertHoldable(name, secret);
  if (!flagOption(invocation, 'run')) {
    const paths = listOption(invocation, 'path').map((path) => ` --path ${path}`);
    const commands = secrets.map(
      ({ variable, name }) =>
        `keyward run${paths.join('')} --only ${variable} -- sh -c 'printf %s "$${variable}" | docker secret create ${name} -'`,
    );
    if (output.json) output.document(commands);
    else for (const command of commands) output.line(command);
    return;
  }
  const present = new Set((await docker(invocation, ['secret', 'ls', '--format', '{{.Name}}'])).split('\n'));
  const made = secrets.filter(({ name }) => !present.has(name));
  for (const { name, secret } of made) await docker(invocation, ['secret', 'create', name, '-'], secret.exposeBytes());
  const kept = secrets.filter(({ name }) => present.has(name)).map(({ name }) => name);
  if (output.json) output.document({ format: 'swarm', created: made.map(({ name }) => name), kept });
  output.note(`made ${made.length} Swarm secrets`);
  if (kept.length === 0) return;
  output.finding({
    severity: 'warning',
    where: 'docker',
    cause: `these were there already and stay as they are: ${kept.join(', ')}`,
    fix: 'Swarm secrets cannot be changed. For a new value, make one of another name and give it to the service.',
  });
}

function assertHoldable(name: string, { byteLength }: Secret): void {
  if (name.length > maxNameLength) {
    throw new KeywardError('invalid', `${name} is longer than the name of a Swarm secret may be`);
  }
  if (byteLength > maxBytes) throw new KeywardError('too_large', `${name} is more than a Swarm secret may be (500 KB)`);
  if (byteLength === 0) throw new KeywardError('invalid', `${name} is empty, which a Swarm secret may not be`);
}

async function docker({ io }: Invocation, args: readonly string[], input?: Uint8Array): Promise<string> {
  const program = { command: 'docker', args, cwd: io.cwd, env: io.env, store: 'Docker' };
  const { status, output } = await runProgram({
    ...program,
    input,
    timeoutMs,
    maxBytes: 16 * 1024 * 1024,
    clock: systemClock,
  });
  if (status === 0) return output.toString();
  throw new KeywardError('unavailable', `docker ${args.slice(0, 2).join(' ')} failed`, {
    store: 'Docker',
    advice: 'See whether this machine manages a Swarm: docker node ls. Secrets that were made stay; run it again.',
  });
}
