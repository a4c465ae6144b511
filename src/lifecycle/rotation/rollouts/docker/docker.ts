import { KeywardError } from '../../../../core/errors.js';
import { chosenValue } from '../chosen-value.js';
import { type Rollout, type RolloutChange, RolloutFailure } from '../rollout.js';
import type { RolloutContext } from '../rollout-kind.js';
import { askTool, runTool } from '../run-tool.js';

export interface DockerRolloutOptions {
  readonly service: string;
  /** What its containers find the value as, below `/run/secrets`; without it they are only started anew. */
  readonly secret?: string | undefined;
  /** Only this field; the whole secret when absent. */
  readonly field?: string | undefined;
  readonly context?: string | undefined;
}

/** A secret of a service, as the API of Docker tells it. */
interface ServiceSecret {
  readonly SecretName: string;
  readonly File?: { readonly Name: string; readonly UID?: string; readonly GID?: string; readonly Mode?: number };
}

const variables = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'];
const label = 'keyward.rollout';

/**
 * A service of Docker Swarm. A secret of Swarm cannot be changed: each value gets one of its own, `<secret>_<id>`, which
 * takes the place of the former one in the containers. The value is on standard input only. Source: docker-secret(1),
 * docker-service-update(1), `UpdateStatus` of the Engine API.
 */
export function createDockerRollout(options: DockerRolloutOptions, context: RolloutContext): Rollout {
  const { service, secret, field, context: place } = options;
  const name = `docker service ${service}`;
  const command = (...args: readonly string[]) => [
    'docker',
    ...(place === undefined ? [] : ['--context', place]),
    ...args,
  ];
  const ask = (...args: readonly string[]) => askTool({ command: command(...args), variables, name }, context);
  const inspect = async (format: string): Promise<unknown> =>
    parsed(await ask('service', 'inspect', '--format', `{{json ${format}}}`, service), name);

  /** Of a version that is there already, nobody says so: whether it is, is asked for first. */
  const keep = async (version: string, change: RolloutChange): Promise<void> => {
    const found = await ask('secret', 'ls', '--quiet', '--filter', `name=${version}`);
    if (found.trim() !== '') return;
    const args = ['secret', 'create', '--label', `${label}=${secret}`, version, '-'];
    await askTool({ command: command(...args), input: chosenValue(change, field), variables, name }, context);
  };

  return {
    name,
    async apply(change) {
      const { id } = change;
      if ((await inspect(`(index .Spec.Labels "${label}")`)) === id) return;
      const mark = ['--label-add', `${label}=${id}`];
      if (secret === undefined) {
        await ask('service', 'update', '--detach', '--force', ...mark, service);
        return;
      }
      const version = `${secret}_${id}`;
      await keep(version, change);
      const held = secretsOf(await inspect('.Spec.TaskTemplate.ContainerSpec.Secrets'), name);
      const former = held.filter(({ File }) => File?.Name === secret);
      const { UID: uid, GID: gid, Mode: mode } = former[0]?.File ?? {};
      const kept = Object.entries({ uid, gid, mode: mode === undefined ? undefined : `0${mode.toString(8)}` });
      const added = [`source=${version}`, `target=${secret}`]
        .concat(kept.flatMap(([key, value]) => (value === undefined ? [] : `${key}=${value}`)))
        .join(',');
      const removed = former.flatMap(({ SecretName }) => ['--secret-rm', SecretName]);
      await ask('service', 'update', '--detach', ...removed, '--secret-add', added, ...mark, service);
    },
    async pending({ id }) {
      const [found, status] = [await inspect(`(index .Spec.Labels "${label}")`), await inspect('.UpdateStatus')];
      if (found !== id) throw new RolloutFailure(name, 'was changed by somebody else in the middle');
      const state = typeof status === 'object' && status !== null && 'State' in status ? status.State : 'new';
      if (state === 'paused' || String(state).startsWith('rollback')) {
        throw new RolloutFailure(name, `has stopped its update (${state})`);
      }
      // Of no containers, Docker does not say that their update is completed.
      if (state !== 'completed' && !isStopped(await inspect('.Spec.Mode'))) return `its update is ${state}`;
      if (secret !== undefined) await forget(`${secret}_${id}`);
      return undefined;
    },
  };

  /** The versions that no service has any more; Docker refuses to remove the others. */
  async function forget(kept: string): Promise<void> {
    const listed = await ask('secret', 'ls', '--format', '{{.Name}}', '--filter', `label=${label}=${secret}`);
    for (const version of listed.split('\n')) {
      if (version === '' || version === kept) continue;
      await runTool({ command: command('secret', 'rm', version), variables, name }, context);
    }
  }
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new KeywardError('invalid', `${name}: docker answered in a form that is not known`, { store: name });
  }
}

function secretsOf(listed: unknown, name: string): readonly ServiceSecret[] {
  const secrets: unknown = listed ?? [];
  if (Array.isArray(secrets) && secrets.every(isServiceSecret)) return secrets;
  throw new KeywardError('invalid', `${name}: docker answered in a form that is not known`, { store: name });
}

function isStopped(mode: unknown): boolean {
  const replicated = typeof mode === 'object' && mode !== null && 'Replicated' in mode ? mode.Replicated : undefined;
  return typeof replicated === 'object' && replicated !== null && 'Replicas' in replicated && replicated.Replicas === 0;
}

function isServiceSecret(entry: unknown): entry is ServiceSecret {
  return typeof entry === 'object' && entry !== null && 'SecretName' in entry && typeof entry.SecretName === 'string';
}
