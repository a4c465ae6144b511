import * as v from 'valibot';
import { isKeywardError } from '../core/errors.js';
import { parseValueForm } from '../core/value-form.js';
import { auditSchema } from './audit-schema.js';
import { environmentPattern } from './config.js';
import { deploySchema } from './deploy-schema.js';
import { duration } from './duration-schema.js';
import { notificationKeys, notificationSchema } from './notification-schema.js';
import { type ProviderEntry, providerKinds, providerSchemas } from './provider-schemas.js';
import { rolloutKeys, rolloutSchema } from './rollout-schema.js';
import { rotatorKeys, rotatorSchema } from './rotator-schema.js';
import { rotateSchema, rotationSchema } from './schedule-schema.js';

const text = v.pipe(v.string(), v.nonEmpty('a text that is not empty'));

/** A mapping whose keys are names that people choose. A record of the schema library would leave out `constructor`. */
const byAnyName = <Entry extends v.GenericSchema>(entry: Entry) =>
  v.pipe(
    v.custom<object>((input) => typeof input === 'object' && input !== null && !Array.isArray(input), 'a mapping'),
    v.transform((mapping) => new Map<unknown, unknown>(Object.entries(mapping))),
    v.map(text, entry),
    v.transform((entries): Readonly<Record<string, v.InferOutput<Entry>>> => Object.fromEntries(entries)),
  );

const form = v.pipe(
  v.string(),
  v.check((input) => {
    try {
      return parseValueForm(input) !== undefined;
    } catch (error) {
      if (isKeywardError(error, 'invalid')) return false;
      throw error;
    }
  }, 'url, pem, json, integer, strong, or an expression between slashes such as /[a-z0-9]{32}/'),
);

const environmentName = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of an environment variable'));
const environmentNames = v.pipe(
  v.union([environmentName, v.array(environmentName)], 'a name of an environment variable, or a list of them'),
  v.transform((names) => (typeof names === 'string' ? [names] : names)),
);

const inventoryEntrySchema = v.strictObject({
  fields: v.optional(v.pipe(v.array(text), v.nonEmpty('at least one field'))),
  from: v.optional(text),
  env: v.optional(
    v.union(
      [environmentNames, byAnyName(environmentNames)],
      'names of environment variables, or a mapping from field to names',
    ),
  ),
  form: v.optional(v.union([form, byAnyName(form)], 'a form, or a mapping from field to form')),
  owner: v.optional(text),
  purpose: v.optional(text),
  rotate: v.optional(rotateSchema),
  rotator: v.optional(rotatorSchema),
  rollout: v.optional(v.array(rolloutSchema)),
  required: v.optional(v.boolean()),
});
const inventoryEntry = v.nullish(inventoryEntrySchema, {});

const providerEntry = v.pipe(
  v.strictObject(
    Object.fromEntries([...providerSchemas].map(([kind, schema]) => [kind, v.optional(v.nullish(schema, {}))])),
  ),
  v.check((entry) => Object.keys(entry).length === 1, 'one kind of provider, such as `- env: {}`'),
  v.transform((entry): ProviderEntry => {
    const [kind, options] = Object.entries(entry)[0] ?? [];
    // The schema has just validated that the options are those of this kind.
    return { kind, options } as ProviderEntry;
  }),
);

const layout = v.union(
  [
    v.pipe(v.string(), v.includes('{name}')),
    v.strictObject({ bundle: text, prefix: v.pipe(v.string(), v.includes('{name}')) }),
  ],
  'a path with {name} in it, or { bundle: path, prefix: "{name}_" }',
);

/** `keyward.yaml`, as it is written. One schema for the file, the documentation and the editors. */
export const configSchema = v.strictObject({
  project: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.+=@-]{1,64}$/, 'a name that can be a segment of a path')),
  ),
  environment: v.optional(v.pipe(v.string(), v.regex(environmentPattern, 'a short lower-case name'))),
  extends: v.optional(text),
  store: v.optional(
    v.strictObject({
      path: v.optional(text),
      slot: v.optional(v.picklist(['keyfile', 'keyring', 'passphrase', 'recovery'])),
    }),
  ),
  providers: v.optional(v.pipe(v.array(providerEntry), v.nonEmpty('at least one provider'))),
  write: v.optional(text),
  cache: v.optional(
    v.strictObject({ ttl: v.optional(duration), maxStale: v.optional(duration), offline: v.optional(v.boolean()) }),
  ),
  credentials: v.optional(v.array(layout)),
  health: v.optional(v.strictObject({ probe: v.optional(text) })),
  audit: v.optional(auditSchema),
  deploy: v.optional(deploySchema),
  notifications: v.optional(notificationSchema),
  rotation: v.optional(rotationSchema),
  secrets: v.optional(v.nullish(byAnyName(inventoryEntry), {})),
});

export type ConfigFile = v.InferOutput<typeof configSchema>;

/** The keys that the schema knows in the mapping at this place; none where it is no mapping of fixed keys. */
export function knownKeysAt(keyPath: readonly (string | number)[]): readonly string[] {
  const [section, , kind, driver, inEntry] = keyPath;
  if (section === undefined) return Object.keys(configSchema.entries);
  if (section === 'providers') {
    if (keyPath.length === 2) return providerKinds;
    return Object.keys(providerSchemas.get(String(kind))?.entries ?? {});
  }
  if (section === 'notifications') return notificationKeys(keyPath[1]?.toString());
  if (section === 'secrets') {
    if (kind === 'rollout') return rolloutKeys(inEntry?.toString());
    return kind === 'rotator' ? rotatorKeys(driver?.toString()) : Object.keys(inventoryEntrySchema.entries);
  }
  const wrapped =
    section === 'store' ||
    section === 'cache' ||
    section === 'health' ||
    section === 'audit' ||
    section === 'deploy' ||
    section === 'rotation'
      ? configSchema.entries[section].wrapped
      : undefined;
  return wrapped === undefined ? [] : Object.keys(wrapped.entries);
}
