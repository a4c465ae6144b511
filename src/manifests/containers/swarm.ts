import { deliveredValues, imageOf } from '../delivered-values.js';
import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { shellWord } from '../shell-word.js';
import { withoutVariables } from './hardened-service.js';

/** https://docs.docker.com/engine/swarm/secrets/ */
export default defineTarget({
  summary: 'Docker Swarm: a stack, and the commands that make its secrets',
  options: {
    replicas: { value: '<number>', description: 'how many run', default: '1' },
    memory: { value: '<size>', description: 'at most', default: '512M' },
    cpus: { value: '<number>', description: 'at most', default: '1' },
  },
  async render(deployment, { replicas, memory, cpus }) {
    const { app } = deployment;
    const values = deliveredValues(deployment);
    const text = await printYaml(
      withoutVariables({
        services: {
          [app.name]: {
            image: imageOf(deployment),
            ...(app.command && { command: app.command }),
            ...(app.port && { ports: [`${app.port}:${app.port}`] }),
            user: `${app.uid}:${app.uid}`,
            read_only: true,
            tmpfs: ['/tmp'],
            cap_drop: ['ALL'],
            environment: Object.fromEntries(
              values.flatMap(({ env, fileName }) => env.map((name) => [`${name}_FILE`, `/run/secrets/${fileName}`])),
            ),
            secrets: values.map(({ fileName }) => ({
              source: fileName,
              target: fileName,
              uid: `${app.uid}`,
              gid: `${app.uid}`,
              mode: 0o400,
            })),
            deploy: {
              replicas: Number(replicas),
              update_config: { order: 'start-first', failure_action: 'rollback' },
              restart_policy: { condition: 'any' },
              resources: { limits: { cpus, memory, pids: 256 } },
            },
          },
        },
        secrets: Object.fromEntries(values.map(({ fileName }) => [fileName, { external: true }])),
      }),
    );
    const commands = values.map(
      ({ fileName, variable }) =>
        `docker secret inspect ${fileName} >/dev/null 2>&1 ||\n` +
        `  keyward run --only ${variable} -- sh -c ${shellWord(`printf %s "$${variable}" | docker secret create ${fileName} -`)}\n`,
    );
    return [
      { path: 'stack.yaml', text, next: `docker stack deploy -c stack.yaml ${app.name}` },
      {
        path: 'create-secrets.sh',
        mode: 0o755,
        text: `#!/bin/sh\nset -eu\n${commands.join('')}`,
        next: 'On a manager of the swarm. A Swarm secret cannot be changed: for a new value, see docs/guide/rollouts.md',
      },
    ];
  },
});
