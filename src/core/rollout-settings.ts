import type { OptionsOf, OptionTypes } from './options.js';

/** How consumers of a secret are told of a new value, as its `keyward.yaml` states it; times in milliseconds. */
export interface RolloutSettings {
  /** The key of its roll-out. */
  readonly driver: string;
  readonly options: OptionsOf<OptionTypes>;
  readonly timeout?: number | undefined;
  readonly pause?: number | undefined;
  readonly check?: RolloutCheck | undefined;
}

/** What says whether consumers are well: an address, or a program. */
export interface RolloutCheck {
  readonly http?: string | undefined;
  readonly exec?: readonly string[] | undefined;
  readonly within?: number | undefined;
}
