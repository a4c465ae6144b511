import * as v from 'valibot';
import { type NotificationKind, notificationKinds } from '../core/notification.js';
import type { OptionsOf, OptionTypes } from '../core/options.js';
import { channelKinds } from './channel-registry.js';
import { duration } from './duration-schema.js';
import { schemasOf } from './option-schemas.js';

/** `notifications:` of the configuration: by what people are told, and of what. */
export interface NotificationConfig {
  /** The options of each channel by its kind. */
  readonly channels: Readonly<Record<string, OptionsOf<OptionTypes>>>;
  readonly on: readonly NotificationKind[];
  /** In milliseconds. */
  readonly repeat: number;
}

const kinds = new Map([...channelKinds].map(([kind, { options }]) => [kind, v.strictObject(schemasOf(options))]));

const entries = {
  ...Object.fromEntries([...kinds].map(([kind, schema]) => [kind, v.optional(schema)])),
  on: v.optional(v.array(v.picklist(notificationKinds))),
  repeat: v.optional(duration),
};

/** A rotation that went well is told of where it is asked for. */
const unlessStated = notificationKinds.filter((kind) => kind !== 'rotation-done');
const weekMs = 7 * 24 * 3_600_000;

export const notificationSchema = v.pipe(
  v.strictObject(entries),
  v.transform(({ on = unlessStated, repeat = weekMs, ...channels }): NotificationConfig => {
    // The schema has just validated that the options are those of these kinds.
    return { channels: channels as NotificationConfig['channels'], on, repeat };
  }),
);

/** The keys that are known in the section, or in the options of one of its channels. */
export function notificationKeys(kind: string | undefined): readonly string[] {
  return Object.keys(kind === undefined ? entries : (kinds.get(kind)?.entries ?? {}));
}

/** What is wrong with the section although each of its keys has the right form; the key is that of a channel. */
export function* notificationProblems({ channels }: NotificationConfig): Iterable<readonly [key: string[], string]> {
  const stated = Object.entries(channels);
  if (stated.length === 0) yield [[], `it names none of ${[...kinds.keys()].join(', ')}`];
  for (const [kind, options] of stated) {
    for (const problem of channelKinds.get(kind)?.problems(options) ?? []) yield [[kind], problem];
  }
}
