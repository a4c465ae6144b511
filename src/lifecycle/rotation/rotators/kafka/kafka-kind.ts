import { serverProblems, userProblems } from '../login-problems.js';
import { defineRotatorKind } from '../rotator-kind.js';

export const kafkaRotatorKind = defineRotatorKind({
  options: {
    servers: 'addresses',
    users: 'texts',
    administrator: 'secret',
    mechanism: ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
  },
  hasOneValue: ({ users = [] }) => users.length === 1,
  *problems({ servers = [], ...logins }, path) {
    yield* serverProblems(servers);
    yield* userProblems(logins, path);
  },
  async create({ servers = [], users = [], ...more }, { field, path, fieldsOf, clock }) {
    const { createKafkaRotator } = await import('./kafka.js');
    return createKafkaRotator({ kafka: { servers, users, ...more }, field, path, fieldsOf, clock });
  },
});
