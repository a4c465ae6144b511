import { serverProblems, userProblems } from '../login-problems.js';
import { defineRotatorKind } from '../rotator-kind.js';

export const clickhouseRotatorKind = defineRotatorKind({
  options: { servers: 'addresses', users: 'texts', administrator: 'secret' },
  hasOneValue: ({ users = [] }) => users.length === 1,
  *problems({ servers = [], ...logins }, path) {
    yield* serverProblems(servers);
    yield* userProblems(logins, path);
    if (logins.users?.some((user) => user.includes(':')))
      yield 'a user with a colon in its name cannot log in over HTTP';
  },
  async create({ servers = [], users = [], administrator }, { field, path, fieldsOf, clock }) {
    const { createClickhouseRotator } = await import('./clickhouse.js');
    return createClickhouseRotator({ clickhouse: { servers, users, administrator }, field, path, fieldsOf, clock });
  },
});
