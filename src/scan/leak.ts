import type { Finding } from '../core/finding.js';
import type { Kind } from './match.js';

/** A secret where none belongs, described without it. */
export interface Leak {
  readonly kind: Kind;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** In bytes, from 1. */
  readonly column: number;
  /** Bytes of the secret. */
  readonly length: number;
  /** Keyed hash of the secret, 16 hexadecimal digits: the same for the same secret under the same key. */
  readonly fingerprint: string;
}

export function findingOf({ kind, file, line, column, length, fingerprint }: Leak): Finding {
  return {
    severity: kind.severity,
    where: `${file}:${line}:${column}`,
    cause: `${kind.title} (${kind.id}, ${length} bytes, fingerprint ${fingerprint})`,
    fix: 'Replace it where it was issued, and take it out of the file: keep it in a store, keyward set.',
    link: 'guide/scanning.md',
  };
}
