import * as v from 'valibot';
import type { RolloutSettings } from '../core/rollout-settings.js';
import { driverSchemas } from './driver-schemas.js';
import { duration } from './duration-schema.js';
import { schemasOf } from './option-schemas.js';
import { rolloutKinds } from './rollout-registry.js';

/** What says whether consumers are well. */
const checkOptions = { http: 'address', exec: 'texts' } as const;

const drivers = driverSchemas(rolloutKinds);

const check = v.strictObject({ ...schemasOf(checkOptions), within: v.optional(duration) });

const entries = {
  ...drivers.entries,
  timeout: v.optional(duration),
  pause: v.optional(duration),
  check: v.optional(check),
};

/** An entry of `rollout:` of a secret. */
export const rolloutSchema = v.pipe(
  v.strictObject(entries),
  v.check((entry) => drivers.stated(entry).length === 1, `one of ${[...rolloutKinds.keys()].join(', ')}`),
  v.transform(({ timeout, pause, check: asked, ...stated }): RolloutSettings => {
    const [driver = '', options] = Object.entries(stated)[0] ?? [];
    // The schema has just validated that the options are those of this driver.
    return { driver, options: (options ?? {}) as RolloutSettings['options'], timeout, pause, check: asked };
  }),
);

/** The keys that are known in an entry of `rollout:`, in its check, or in the options of one of its drivers. */
export function rolloutKeys(driver: string | undefined): readonly string[] {
  if (driver === 'check') return Object.keys(check.entries);
  return driver === undefined ? Object.keys(entries) : drivers.keys(driver);
}
