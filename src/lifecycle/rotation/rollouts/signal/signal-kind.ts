import { defineRolloutKind } from '../rollout-kind.js';

export const signalRolloutKind = defineRolloutKind({
  options: { pidFile: 'file', signal: ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] },
  shorthand: 'pidFile',
  *problems({ pidFile }) {
    if (pidFile === undefined) yield '`pidFile` is missing: where the process writes its number';
  },
  async create({ pidFile = '', signal = 'SIGHUP' }, context) {
    const { createSignalRollout } = await import('./signal.js');
    return [createSignalRollout({ pidFile, signal }, context)];
  },
});
