import * as v from 'valibot';
import type { RotatorSettings } from '../core/rotator-settings.js';
import { driverSchemas } from './driver-schemas.js';
import { duration } from './duration-schema.js';
import { rotatorKinds } from './rotator-registry.js';

const drivers = driverSchemas(rotatorKinds);

const entries = {
  ...drivers.entries,
  field: v.optional(v.pipe(v.string(), v.nonEmpty('a text that is not empty'))),
  grace: v.optional(duration),
  connections: v.optional(duration),
  retire: v.optional(v.picklist(['after-grace', 'when-unused'], 'after-grace or when-unused')),
  longest: v.optional(duration),
};

/** `rotator:` of a secret. */
export const rotatorSchema = v.pipe(
  v.strictObject(entries),
  v.check((entry) => drivers.stated(entry).length === 1, `one of ${[...rotatorKinds.keys()].join(', ')}`),
  v.transform(({ field, grace, connections, retire, longest, ...stated }): RotatorSettings => {
    const [driver = '', options] = Object.entries(stated)[0] ?? [];
    // The schema has just validated that the options are those of this driver.
    const common = { field, grace, connections, retire, longest };
    return { driver, options: (options ?? {}) as RotatorSettings['options'], ...common };
  }),
);

/** The keys that are known in the mapping `rotator:`, or in the options of one of its drivers. */
export function rotatorKeys(driver: string | undefined): readonly string[] {
  return driver === undefined ? Object.keys(entries) : drivers.keys(driver);
}
