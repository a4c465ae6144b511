import * as v from 'valibot';
import type { RotatorSettings } from '../core/rotator-settings.js';
import { duration } from './duration-schema.js';
import { schemasOf } from './option-schemas.js';
import { rotatorKinds } from './rotator-registry.js';

const common = {
  field: v.optional(v.pipe(v.string(), v.nonEmpty('a text that is not empty'))),
  grace: v.optional(duration),
  connections: v.optional(duration),
};

/** The options of each rotator by its key. */
const drivers = new Map(
  [...rotatorKinds].map(([driver, { options, shorthand }]) => {
    const schemas = schemasOf(options);
    const whole = v.strictObject(schemas);
    const short = shorthand === undefined ? undefined : schemas[shorthand];
    return [
      driver,
      { whole, schema: short === undefined || shorthand === undefined ? whole : either(shorthand, short, whole) },
    ];
  }),
);

function either(name: string, short: v.GenericSchema, whole: v.GenericSchema) {
  const alone = v.pipe(
    short,
    v.transform((value) => ({ [name]: value })),
  );
  return v.union([alone, whole], `a value for \`${name}\`, or options by their names`);
}

const entries = {
  ...Object.fromEntries([...drivers].map(([driver, { schema }]) => [driver, v.nullish(schema)])),
  ...common,
};

/** `rotator:` of a secret. */
export const rotatorSchema = v.pipe(
  v.strictObject(entries),
  v.check((entry) => statedDrivers(entry).length === 1, `one of ${[...drivers.keys()].join(', ')}`),
  v.transform(({ field, grace, connections, ...stated }): RotatorSettings => {
    const [driver = '', options] = Object.entries(stated)[0] ?? [];
    // The schema has just validated that the options are those of this driver.
    return { driver, options: (options ?? {}) as RotatorSettings['options'], field, grace, connections };
  }),
);

function statedDrivers(entry: object): readonly string[] {
  return Object.keys(entry).filter((key) => drivers.has(key));
}

/** The keys that are known in the mapping `rotator:`, or in the options of one of its drivers. */
export function rotatorKeys(driver: string | undefined): readonly string[] {
  return Object.keys(driver === undefined ? entries : (drivers.get(driver)?.whole.entries ?? {}));
}
