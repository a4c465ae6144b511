import { serverNamePattern } from '../../../clients/socket/server-name.js';

export interface LoginUsers {
  readonly users?: readonly string[] | undefined;
  readonly administrator?: string | undefined;
}

/** What is wrong with the users of a rotator of logins, in words. */
export function* userProblems({ users = [], administrator }: LoginUsers, path: string): Iterable<string> {
  if (users.length === 0 || users.length > 2) yield '`users` names one user, or two who take turns';
  if (users.length === 2 && administrator === undefined) yield 'two `users` need an `administrator`';
  if (new Set(users).size < users.length) yield '`users` names one twice';
  if (administrator === path) yield 'the `administrator` is another secret';
}

/** What is wrong with the servers that it names. */
export function* serverProblems(servers: readonly string[]): Iterable<string> {
  if (servers.length === 0 || !servers.every((server) => serverNamePattern.test(server))) {
    yield '`servers` names servers, as db.internal or db.internal:6379';
  }
}
