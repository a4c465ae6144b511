import { defineRolloutKind } from '../rollout-kind.js';

export const systemdRolloutKind = defineRolloutKind({
  options: { unit: 'text', action: ['restart', 'reload', 'reload-or-restart'], user: 'flag' },
  shorthand: 'unit',
  *problems({ unit = '' }) {
    // Source: systemd.unit(5), "Unit names".
    if (!/^[\w:.\\@][\w:.\\@-]*\.[a-z]+$/.test(unit)) yield '`unit` is the whole name of a unit, such as bot.service';
  },
  async create({ unit = '', action = 'restart', user = false }, context) {
    const { createSystemdRollout } = await import('./systemd.js');
    return [createSystemdRollout({ unit, action, isUser: user }, context)];
  },
});
