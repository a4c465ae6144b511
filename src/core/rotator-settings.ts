import type { OptionsOf, OptionTypes } from './options.js';

/**
 * How what is beyond the store takes a new credential: `overlap` accepts two at a time, `swap` forgets the old one with
 * the new one, and in a `verifier` the consumers of the store are those who accept, so that they learn of the new one
 * before anybody uses it.
 */
export type RotationKind = 'overlap' | 'swap' | 'verifier';

/** How a secret is rotated, as its `keyward.yaml` states it. */
export interface RotatorSettings {
  /** The key of its rotator. */
  readonly driver: string;
  readonly options: OptionsOf<OptionTypes>;
  /** The field that is rotated. */
  readonly field?: string | undefined;
  /** How long the former value works on, in milliseconds. */
  readonly grace?: number | undefined;
  /** How long connections live that are opened with the value, in milliseconds. */
  readonly connections?: number | undefined;
  /** What the former value works on for beyond its grace: nothing, unless it says `when-unused`. */
  readonly retire?: 'after-grace' | 'when-unused' | undefined;
  /** How long after the promotion it is waited for those who use the former value, in milliseconds. */
  readonly longest?: number | undefined;
}
