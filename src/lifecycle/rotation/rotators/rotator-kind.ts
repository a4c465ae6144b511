import type { Clock } from '../../../core/clock.js';
import type { OptionsOf, OptionTypes } from '../../../core/options.js';
import type { Path } from '../../../core/path.js';
import type { Secret } from '../../../core/secret.js';
import type { RotationLog } from '../rotation-log.js';
import type { Credential, Rotator } from './rotator.js';

/** What a rotator can know of the secret and the project that it serves. */
export interface RotatorContext {
  readonly path: Path;
  /** The field that it rotates when it rotates one value; `value` of a secret without fields. */
  readonly field: string;
  /** The project's folder, absolute; files of the options are relative to it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** The fields that the inventory lists; `undefined` for a single value. */
  readonly fields: readonly string[] | undefined;
  readonly environment: string;
  /** What was done until now. */
  readonly log: RotationLog;
  /** What a person gave for the new credential. */
  readonly entered: Credential | undefined;
  /** Whether the same secret was rotated and tested in that environment since it was rotated in this one. */
  readonly isStaged: (environment: string) => Promise<boolean>;
  /** The fields of another secret. @throws KeywardError as the chain. */
  readonly fieldsOf: (path: string) => Promise<Readonly<Record<string, Secret>>>;
}

/** A kind of rotator as configuration knows it: the options of its entries, and what makes a rotator of them. */
export interface RotatorKind<Types extends OptionTypes = OptionTypes> {
  readonly options: Types;
  /** The option that is meant where its value stands in the place of all options. */
  readonly shorthand?: string | undefined;
  /** Whether it rotates one value, which may be a field of a document, and not fields that it names itself. */
  hasOneValue(options: OptionsOf<Types>): boolean;
  /** A grace that is configured must not be shorter; in milliseconds. */
  readonly leastGraceMs?: number | undefined;
  /** What is wrong with the options of the secret, in words. */
  problems?(options: OptionsOf<Types>, path: string): Iterable<string>;
  /** Loads the driver; does no other I/O. @throws KeywardError `config` or `invalid` for options that cannot be meant. */
  create(options: OptionsOf<Types>, context: RotatorContext): Promise<Rotator>;
}

/** The kind itself; lets `create` see its options as `options` declares them. */
export function defineRotatorKind<const Types extends OptionTypes>(
  kind: RotatorKind<Types> & { readonly shorthand?: keyof Types & string },
): RotatorKind<Types> {
  return kind;
}
