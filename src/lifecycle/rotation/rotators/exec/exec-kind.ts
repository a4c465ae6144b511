import { defineRotatorKind } from '../rotator-kind.js';

const defaultTimeoutMs = 30_000;
/** The longest step: the program must end before another process may go on in its place. */
const longestTimeoutMs = 60_000;

export const execRotatorKind = defineRotatorKind({
  options: { command: 'command', kind: ['overlap', 'swap', 'verifier'], timeout: 'duration', env: 'variables' },
  hasOneValue: () => false,
  problems: ({ kind, timeout = 0 }) => [
    ...(kind === undefined ? ['`kind` is missing: overlap, swap or verifier'] : []),
    ...(timeout > longestTimeoutMs ? ['a `timeout` is at most 1m'] : []),
  ],
  async create({ command = [], kind = 'swap', timeout = defaultTimeoutMs, env: names = [] }, context) {
    const { createExecRotator } = await import('./exec.js');
    const { path, folder, clock } = context;
    const env = Object.fromEntries(['PATH', 'HOME', 'LANG', ...names].map((name) => [name, context.env[name]]));
    return createExecRotator({ command, kind, path, timeoutMs: timeout, folder, env, clock });
  },
});
