import * as v from 'valibot';
import { isWrittenNowhere } from '../clients/guarded-addresses.js';
import type { OptionType, OptionTypes } from '../core/options.js';
import { duration } from './duration-schema.js';

const text = v.pipe(v.string(), v.nonEmpty('a text that is not empty'));
const optionalText = v.optional(text);

/** What is shown when trust is asked for; a credential has no place in it. */
const address = v.pipe(
  text,
  v.check((given) => !given.includes('@'), 'an address without user name and password'),
  v.check((given) => !isWrittenNowhere(given), 'a server: an address of a link or of the metadata of a cloud is none'),
);

/** How an option of each type is written. */
const optionSchemas: Readonly<Record<OptionType, v.GenericSchema>> = {
  text: optionalText,
  flag: v.optional(v.boolean()),
  count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1, 'a whole number from 1 on'))),
  duration: v.optional(duration),
  prefix: optionalText,
  address: v.optional(address),
  addresses: v.optional(v.pipe(v.array(address), v.nonEmpty('at least one address'))),
  file: optionalText,
  files: v.optional(v.pipe(v.array(text), v.nonEmpty('at least one file'))),
  secret: optionalText,
  names: v.optional(v.record(text, text)),
  texts: v.optional(v.pipe(v.array(text), v.nonEmpty('at least one'))),
  variables: v.optional(v.array(text)),
  statuses: v.optional(
    v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255, 'a status from 1 to 255'))),
  ),
  // What would be run has no default.
  command: v.pipe(v.array(text), v.nonEmpty('a program and its arguments')),
};

/** The schema of each option by its name. */
export function schemasOf(options: OptionTypes): Readonly<Record<string, v.GenericSchema>> {
  return Object.fromEntries(
    Object.entries(options).map(([name, type]) => [
      name,
      typeof type === 'string' ? optionSchemas[type] : v.optional(v.picklist(type)),
    ]),
  );
}
