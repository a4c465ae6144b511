import * as v from 'valibot';
import { duration } from './duration-schema.js';

const text = v.pipe(v.string(), v.nonEmpty('a text that is not empty'));

/** `rotator:` of a secret. */
export const rotatorSchema = v.strictObject({
  random: v.optional(
    v.union(
      [text, v.strictObject({ alphabet: text, length: v.pipe(v.number(), v.integer(), v.minValue(1)) })],
      'a recipe such as alnum:40, a pattern such as key_{alnum:40}, or { alphabet: "…", length: 40 }',
    ),
  ),
  keypair: v.optional(v.picklist(['ed25519', 'rsa', 'ssh', 'jwks'])),
  exec: v.optional(v.pipe(v.array(text), v.nonEmpty('a program and its arguments'))),
  kind: v.optional(v.picklist(['overlap', 'swap', 'verifier'])),
  timeout: v.optional(duration),
  env: v.optional(v.array(text)),
  field: v.optional(text),
  grace: v.optional(duration),
  connections: v.optional(duration),
});
