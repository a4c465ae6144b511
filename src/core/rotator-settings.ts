/**
 * How what is beyond the store takes a new credential: `overlap` accepts two at a time, `swap` forgets the old one with
 * the new one, and in a `verifier` the consumers of the store are those who accept, so that they learn of the new one
 * before anybody uses it.
 */
export type RotationKind = 'overlap' | 'swap' | 'verifier';

/** How a secret is rotated, as its `keyward.yaml` states it; exactly one of the first four. */
export interface RotatorSettings {
  /** A recipe, a pattern with recipes in braces, or characters to draw from. */
  readonly random?: string | { readonly alphabet: string; readonly length: number } | undefined;
  readonly keypair?: 'ed25519' | 'rsa' | 'ssh' | 'jwks' | undefined;
  /** A program and its arguments. */
  readonly exec?: readonly string[] | undefined;
  /** Where a server of PostgreSQL is, and whose password is replaced by whom. */
  readonly postgres?:
    | {
        readonly host: string;
        readonly port?: number | undefined;
        readonly database?: string | undefined;
        readonly users: readonly string[];
        readonly administrator?: string | undefined;
        readonly endSessions?: boolean | undefined;
      }
    | undefined;
  /** Of the program, what kind its target is. */
  readonly kind?: RotationKind | undefined;
  /** How long the program may take for a step, in milliseconds. */
  readonly timeout?: number | undefined;
  /** Names of variables that the program gets. */
  readonly env?: readonly string[] | undefined;
  /** The field that is rotated. */
  readonly field?: string | undefined;
  /** How long the former value works on, in milliseconds. */
  readonly grace?: number | undefined;
  /** How long connections live that are opened with the value, in milliseconds. */
  readonly connections?: number | undefined;
}
