import { userProblems } from '../login-problems.js';
import { defineRotatorKind } from '../rotator-kind.js';

/** The server shortens longer names, and means another user. */
const maxIdentifierBytes = 63;

export const postgresRotatorKind = defineRotatorKind({
  options: {
    host: 'address',
    port: 'count',
    database: 'text',
    users: 'texts',
    administrator: 'secret',
    endSessions: 'flag',
  },
  hasOneValue: ({ users = [] }) => users.length === 1,
  *problems({ host, port = 0, users = [], administrator }, path) {
    if (host === undefined || !/^(?:\/.*|[\w.:-]+)$/.test(host)) {
      yield '`host` is the name or address of a server, or the folder of its socket';
    }
    if (port > 65_535) yield 'a `port` is at most 65535';
    if (users.some((user) => user.includes('\0') || Buffer.byteLength(user) > maxIdentifierBytes)) {
      yield 'the name of a user has at most 63 bytes';
    }
    yield* userProblems({ users, administrator }, path);
  },
  async create({ host = '', users = [], ...more }, { field, path, fieldsOf }) {
    const { createPostgresRotator } = await import('./postgres.js');
    return createPostgresRotator({ postgres: { host, users, ...more }, field, path, fieldsOf });
  },
});
