import type { ResolveName } from '../../../clients/guarded-addresses.js';
import type { Clock } from '../../../core/clock.js';
import type { OptionsOf, OptionTypes } from '../../../core/options.js';
import type { Secret } from '../../../core/secret.js';
import type { Channel } from './channel.js';

/** What a channel can know of the project that it serves. */
export interface ChannelContext {
  /** The project's folder, absolute; files of the options are relative to it. */
  readonly folder: string;
  readonly clock: Clock;
  /** A value of the chain. @throws KeywardError as the chain. */
  readonly secretOf: (ref: string) => Promise<Secret>;
  /** The names of the system when absent. */
  readonly resolve?: ResolveName | undefined;
}

/** A kind of channel as configuration knows it: the options of its entry, and what makes a channel of them. */
export interface ChannelKind<Types extends OptionTypes = OptionTypes> {
  readonly options: Types;
  /** What is wrong with the options, in words. */
  problems(options: OptionsOf<Types>): Iterable<string>;
  /** Loads the driver; does no other I/O. @throws KeywardError `config` for options that cannot be meant. */
  create(options: OptionsOf<Types>, context: ChannelContext): Promise<Channel>;
}

/** The kind itself; lets `create` see its options as `options` declares them. */
export function defineChannelKind<const Types extends OptionTypes>(kind: ChannelKind<Types>): ChannelKind<Types> {
  return kind;
}

/** The problem, in words, of each of these options that is missing. */
export function missing(options: Readonly<Record<string, unknown>>, names: readonly string[]): readonly string[] {
  return names.filter((name) => options[name] === undefined).map((name) => `\`${name}\` is missing`);
}

/** What is wrong with an address in the options, in words. */
export function addressProblems(text: string | undefined, parse: (text: string) => unknown): readonly string[] {
  if (text === undefined) return [];
  try {
    parse(text);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : 'is not an address'];
  }
}
