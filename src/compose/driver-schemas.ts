import * as v from 'valibot';
import type { OptionTypes } from '../core/options.js';
import { schemasOf } from './option-schemas.js';

interface Kind {
  readonly options: OptionTypes;
  readonly shorthand?: string | undefined;
}

/** How the options of drivers are written, each below the driver's key. */
export interface DriverSchemas {
  readonly entries: Readonly<Record<string, v.GenericSchema>>;
  /** Those of the keys that are a driver's. */
  stated(entry: object): readonly string[];
  /** The keys that are known in the options of a driver. */
  keys(driver: string): readonly string[];
}

export function driverSchemas(kinds: ReadonlyMap<string, Kind>): DriverSchemas {
  const drivers = new Map(
    [...kinds].map(([driver, { options, shorthand }]) => {
      const schemas = schemasOf(options);
      const whole = v.strictObject(schemas);
      const short = shorthand === undefined ? undefined : schemas[shorthand];
      return [
        driver,
        { whole, schema: short === undefined || shorthand === undefined ? whole : either(shorthand, short, whole) },
      ];
    }),
  );
  return {
    entries: Object.fromEntries([...drivers].map(([driver, { schema }]) => [driver, v.nullish(schema)])),
    stated: (entry) => Object.keys(entry).filter((key) => drivers.has(key)),
    keys: (driver) => Object.keys(drivers.get(driver)?.whole.entries ?? {}),
  };
}

function either(name: string, short: v.GenericSchema, whole: v.GenericSchema) {
  const alone = v.pipe(
    short,
    v.transform((value) => ({ [name]: value })),
  );
  return v.union([alone, whole], `a value for \`${name}\`, or options by their names`);
}
