import * as v from 'valibot';

const text = (pattern: RegExp, form: string) => v.pipe(v.string(), v.regex(pattern, form));

/** The `deploy:` section: the program that gets the secrets. */
export const deploySchema = v.strictObject({
  name: v.optional(text(/^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'a short lower-case name')),
  image: v.optional(text(/^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}$/, 'an image such as registry.example.com/bot:1.2')),
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535, 'a port from 1 to 65535'))),
  command: v.optional(v.pipe(v.array(text(/^\P{Cc}+$/u, 'a text without line breaks')), v.nonEmpty('a program'))),
  uid: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1, 'a user other than root'), v.maxValue(4_294_967_294))),
  health: v.optional(text(/^\/[A-Za-z0-9._~/?=&%-]*$/, 'a path such as /health')),
});

export type DeploySettings = v.InferOutput<typeof deploySchema>;

/** Its keys, in the order of the documentation. */
export const deployKeys: readonly string[] = Object.keys(deploySchema.entries);
