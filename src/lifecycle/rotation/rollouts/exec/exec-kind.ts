import { defineRolloutKind } from '../rollout-kind.js';

export const execRolloutKind = defineRolloutKind({
  options: { command: 'command', env: 'variables' },
  shorthand: 'command',
  async create({ command = [], env }, context) {
    const { createExecRollout } = await import('./exec.js');
    return [createExecRollout({ command, variables: env }, context)];
  },
});
