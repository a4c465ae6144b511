import { serverProblems, userProblems } from '../login-problems.js';
import { defineRotatorKind } from '../rotator-kind.js';

export const redisRotatorKind = defineRotatorKind({
  options: { servers: 'addresses', user: 'text', administrator: 'secret' },
  hasOneValue: () => true,
  *problems({ servers = [], user, administrator }, path) {
    yield* serverProblems(servers);
    if (user === undefined) yield '`user` is missing';
    else yield* userProblems({ users: [user], administrator }, path);
  },
  async create({ servers = [], user = '', administrator }, { field, path, fieldsOf }) {
    const { createRedisRotator } = await import('./redis.js');
    return createRedisRotator({ redis: { servers, user, administrator }, field, path, fieldsOf });
  },
});
