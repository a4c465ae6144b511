import { type Rollout, RolloutFailure } from '../rollout.js';
import type { RolloutContext } from '../rollout-kind.js';
import { askTool } from '../run-tool.js';

export interface SystemdRolloutOptions {
  readonly unit: string;
  readonly action: 'restart' | 'reload' | 'reload-or-restart';
  /** Of this user's manager; of the system's otherwise. */
  readonly isUser: boolean;
}

const variables = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'];

/** A unit that takes its secrets when it starts, or when it is told to reload. Source: systemctl(1). */
export function createSystemdRollout(
  { unit, action, isUser }: SystemdRolloutOptions,
  context: RolloutContext,
): Rollout {
  const name = `systemd ${unit}`;
  const ask = (...args: readonly string[]) =>
    askTool({ command: ['systemctl', ...(isUser ? ['--user'] : []), ...args], variables, name }, context);
  return {
    name,
    apply: async () => void (await ask(action, '--no-block', '--', unit)),
    async pending() {
      const shown = await ask('show', '--property=Job,ActiveState,SubState,Result', '--', unit);
      const state = new Map(shown.split('\n').map((line) => [line.replace(/=.*/s, ''), line.replace(/^[^=]*=/, '')]));
      const [job = '0', active, sub] = ['Job', 'ActiveState', 'SubState'].map((property) => state.get(property));
      if (job !== '0' && job !== '') return 'its job is under way';
      if (active === 'active' && sub !== 'auto-restart') return undefined;
      if (active === 'failed' || active === 'inactive') {
        throw new RolloutFailure(name, `is ${active} (${state.get('Result') ?? 'for no known reason'})`);
      }
      return `it is ${active ?? 'in no known state'}`;
    },
  };
}
