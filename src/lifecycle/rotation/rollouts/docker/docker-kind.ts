import { defineRolloutKind } from '../rollout-kind.js';

export const dockerRolloutKind = defineRolloutKind({
  options: { service: 'text', secret: 'text', field: 'text', context: 'address' },
  shorthand: 'service',
  *problems({ service = '', secret, field, context }) {
    if (!/^\w[\w.-]*$/.test(service)) yield '`service` is the name of a service';
    // Its versions have 17 characters more, and names at most 64.
    if (secret !== undefined && !/^[\w.][\w.-]{0,46}$/.test(secret))
      yield '`secret` is a name of at most 47 letters, digits and ._-';
    if (field !== undefined && secret === undefined) yield '`field` is of the `secret`';
    if (context !== undefined && !/^\w[\w.-]*$/.test(context)) yield '`context` is the name of a context';
  },
  async create({ service = '', secret, field, context: place }, context) {
    const { createDockerRollout } = await import('./docker.js');
    return [createDockerRollout({ service, secret, field, context: place }, context)];
  },
});
