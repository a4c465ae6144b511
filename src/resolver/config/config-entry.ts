import type { Secret } from '../../core/secret.js';
import type { SecretName } from '../secret-names.js';
import type { StandardSchema } from './standard-schema.js';

/** One value of a configuration: where it is kept and what becomes of it. Made by `secret` and `plain`. */
export class ConfigEntry<T> {
  /** Never set: carries the type of the result. */
  declare readonly result: T;
  readonly name: string;
  readonly use: ConfigUse;

  constructor(name: string, use: ConfigUse) {
    this.name = name;
    this.use = use;
  }
}

export type ConfigUse =
  | { readonly kind: 'secret'; readonly default?: string | undefined; readonly optional: boolean }
  | { readonly kind: 'plain'; readonly schema?: StandardSchema | undefined };

export interface SecretEntryOptions {
  /** Used only when every store answered that the name is absent; never in an outage. */
  readonly default?: string | undefined;
  /** Whether `undefined` stands for a name that every store says is absent. */
  readonly optional?: boolean | undefined;
}

/** Names of values to be read, in the shape in which they are wanted. */
export interface ConfigShape {
  readonly [key: string]: ConfigEntry<unknown> | ConfigShape;
}

/** What `config` answers for a shape. */
export type ConfigOf<Shape extends ConfigShape> = {
  readonly [Key in keyof Shape]: Shape[Key] extends ConfigEntry<infer T>
    ? T
    : Shape[Key] extends ConfigShape
      ? ConfigOf<Shape[Key]>
      : never;
};

/** A value that is kept as a `Secret`. */
export function secret(
  name: SecretName,
  options: SecretEntryOptions & { readonly optional: true; readonly default?: undefined },
): ConfigEntry<Secret | undefined>;
export function secret(name: SecretName, options?: SecretEntryOptions): ConfigEntry<Secret>;
export function secret(name: SecretName, options: SecretEntryOptions = {}): ConfigEntry<Secret | undefined> {
  return new ConfigEntry(name, { kind: 'secret', default: options.default, optional: options.optional === true });
}

/**
 * A value that need not be kept secret, such as a port. The schema gets the text, or `undefined` where every store says
 * that the name is absent, so that defaults and conversions are the schema's; what it answers is the value.
 */
export function plain(name: SecretName): ConfigEntry<string>;
export function plain<T>(name: SecretName, schema: StandardSchema<T>): ConfigEntry<T>;
export function plain(name: SecretName, schema?: StandardSchema): ConfigEntry<unknown> {
  return new ConfigEntry(name, { kind: 'plain', schema });
}
