import type { Finding } from '../../core/finding.js';
import type { ImportPair } from './import-plan.js';

/** The values of a text. */
export type SourceContent = Omit<ImportSource, 'files'>;

/** What a file or folder holds for an import. */
export interface ImportSource {
  readonly pairs: readonly ImportPair[];
  /** What a person should know before the values are moved. */
  readonly findings: readonly Finding[];
  /** Every file that was read, by its absolute path. */
  readonly files: readonly string[];
  /** Why the source must stay although every value has been moved; absent when nothing else is in it. */
  readonly keep?: string | undefined;
}
