import { KeywardError } from '../../../core/errors.js';
import { valueField } from '../../../core/payload.js';
import { Secret } from '../../../core/secret.js';
import { generateValue, parseRecipe } from '../../generate/generate-value.js';
import type { Credential, Rotator } from './rotator.js';

export interface Login {
  readonly username: string;
  readonly password: Secret;
}

/** Where users log in. Each call may be repeated; errors are those of `Rotator`. */
export interface LoginTarget {
  /** Whether one user can have two passwords at a time. */
  readonly takesTwoPasswords: boolean;
  /** @throws KeywardError `invalid` for a password that could not be set. */
  assertSettable(password: Secret): void;
  /** Makes the server take the login: beside the user's other password where it takes two, else in its place. */
  set(login: Login, by: Login): Promise<void>;
  test(login: Login): Promise<void>;
  /** Takes a login away. Of the same user, `kept` stays. */
  revoke(login: Login, by: Login, kept: Login | undefined): Promise<void>;
}

export interface LoginRotatorOptions {
  /** One user, or two who take turns. */
  readonly users: readonly string[];
  /** Path of the secret with `username` and `password` of who may set passwords; without, the one user does it. */
  readonly administrator?: string | undefined;
  /** Where the password of one user is. */
  readonly field?: string | undefined;
  readonly path: string;
  /** The fields of the administrator's secret. */
  readonly fieldsOf: (path: string) => Promise<Readonly<Record<string, Secret>>>;
}

/** 238 bits. */
const recipe = parseRecipe('alnum:40');

/**
 * Logins at a server. With one user, the secret is its password; with two, `username` and `password` of the one whose
 * turn it is.
 *
 * @throws KeywardError `config` for other than one or two users, and for two without an administrator.
 */
export function createLoginRotator(options: LoginRotatorOptions, target: LoginTarget): Rotator {
  const { users, administrator, field = valueField, path, fieldsOf } = options;
  const [first, second] = users;
  const wrong = (problem: string, advice: string) =>
    new KeywardError('config', `${path}: ${problem}`, { path, advice });
  if (first === undefined || users.length > 2 || (second !== undefined && administrator === undefined)) {
    throw wrong('`users` has to name one, or two and an `administrator`', 'See docs/guide/rotation.md.');
  }

  const partOf = (fields: ReadonlyMap<string, Secret>, name: string): Secret => {
    const part = fields.get(name);
    if (part !== undefined) return part;
    throw wrong(`the field ${name} is not there`, 'Store it with: keyward set');
  };
  /** Of whom a password may be set: of nobody whom the settings do not name. */
  const loginOf = (credential: Credential): Login => {
    if (second === undefined) return { username: first, password: partOf(credential, field) };
    const username = partOf(credential, 'username').expose();
    if (users.includes(username)) return { username, password: partOf(credential, 'password') };
    throw wrong('its `username` is none of `users`', 'Store one of them, with its password, with: keyward set');
  };
  const administratorLogin = async (at: string): Promise<Login> => {
    const fields = new Map(Object.entries(await fieldsOf(at)));
    return { username: partOf(fields, 'username').expose(), password: partOf(fields, 'password') };
  };

  return {
    kind: second === undefined && !target.takesTwoPasswords ? 'swap' : 'overlap',
    hasTarget: true,
    async generate(current) {
      const password = generateValue(recipe);
      if (second === undefined) {
        // What could not be set again could not be gone back to.
        if (current !== undefined) target.assertSettable(loginOf(current).password);
        return new Map([[field, password]]);
      }
      const username = current !== undefined && loginOf(current).username === first ? second : first;
      return new Map([
        ['username', Secret.fromText(username)],
        ['password', password],
      ]);
    },
    async set({ from, to }) {
      const login = loginOf(to);
      if (administrator !== undefined) return target.set(login, await administratorLogin(administrator));
      try {
        await target.set(login, loginOf(from ?? to));
      } catch (error) {
        // It may have been done before.
        await target.test(login).catch(() => {
          throw error;
        });
      }
    },
    test: (credential) => target.test(loginOf(credential)),
    async revoke(credential, inForce) {
      const login = loginOf(credential);
      const other = inForce && loginOf(inForce);
      const kept = other?.username === login.username ? other : undefined;
      // The one password of a user went when another one came.
      if (!target.takesTwoPasswords && (kept !== undefined || second === undefined)) return;
      const by = administrator === undefined ? (kept ?? login) : await administratorLogin(administrator);
      await target.revoke(login, by, kept);
    },
  };
}
