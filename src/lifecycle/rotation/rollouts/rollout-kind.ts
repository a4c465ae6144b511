import type { Clock } from '../../../core/clock.js';
import type { OptionsOf, OptionTypes } from '../../../core/options.js';
import type { Secret } from '../../../core/secret.js';
import type { Rollout } from './rollout.js';

/** What a roll-out can know of the project that it serves. */
export interface RolloutContext {
  /** The project's folder, absolute; files of the options are relative to it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** The fields of another secret. @throws KeywardError as the chain. */
  readonly fieldsOf: (path: string) => Promise<Readonly<Record<string, Secret>>>;
}

/** A kind of roll-out as configuration knows it: the options of its entries, and what makes roll-outs of them. */
export interface RolloutKind<Types extends OptionTypes = OptionTypes> {
  readonly options: Types;
  /** The option that is meant where its value stands in the place of all options. */
  readonly shorthand?: string | undefined;
  /** What is wrong with the options, in words. */
  problems?(options: OptionsOf<Types>): Iterable<string>;
  /** Loads the driver; does no other I/O. Answers the roll-outs in their order, each of another name. */
  create(options: OptionsOf<Types>, context: RolloutContext): Promise<readonly Rollout[]>;
}

/** The kind itself; lets `create` see its options as `options` declares them. */
export function defineRolloutKind<const Types extends OptionTypes>(
  kind: RolloutKind<Types> & { readonly shorthand?: keyof Types & string },
): RolloutKind<Types> {
  return kind;
}
