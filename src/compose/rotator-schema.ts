import * as v from 'valibot';
import { duration } from './duration-schema.js';

const text = v.pipe(v.string(), v.nonEmpty('a text that is not empty'));

/** The server shortens longer names, and means another user. */
const maxIdentifierBytes = 63;
const identifier = v.pipe(
  text,
  v.check((name) => !name.includes('\0') && Buffer.byteLength(name) <= maxIdentifierBytes, 'the name of a user'),
);

/** `rotator:` of a secret. */
export const rotatorSchema = v.strictObject({
  random: v.optional(
    v.union(
      [text, v.strictObject({ alphabet: text, length: v.pipe(v.number(), v.integer(), v.minValue(1)) })],
      'a recipe such as alnum:40, a pattern such as key_{alnum:40}, or { alphabet: "…", length: 40 }',
    ),
  ),
  keypair: v.optional(v.picklist(['ed25519', 'rsa', 'ssh', 'jwks'])),
  postgres: v.optional(
    v.strictObject({
      host: v.pipe(
        text,
        v.regex(/^(?:\/.*|[\w.:-]+)$/, 'the name or address of a server, or the folder of its socket'),
      ),
      port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
      database: v.optional(text),
      users: v.pipe(v.array(identifier), v.minLength(1), v.maxLength(2, 'one user, or two who take turns')),
      administrator: v.optional(text),
      endSessions: v.optional(v.boolean()),
    }),
  ),
  exec: v.optional(v.pipe(v.array(text), v.nonEmpty('a program and its arguments'))),
  kind: v.optional(v.picklist(['overlap', 'swap', 'verifier'])),
  timeout: v.optional(duration),
  env: v.optional(v.array(text)),
  field: v.optional(text),
  grace: v.optional(duration),
  connections: v.optional(duration),
});
