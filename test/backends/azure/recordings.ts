import { existsSync, readFileSync } from 'node:fs';

/** An exchange with the real service. */
export interface Exchange {
  readonly id: string;
  /** When: `2023-03-28`. */
  readonly recorded: string;
  readonly request: {
    readonly method: string;
    readonly host: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, unknown>> | null;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, unknown>> | null;
  };
}

/** What is only reported of the service: never its wording. */
export interface Reported {
  readonly id: string;
  readonly request: { readonly method: string };
  readonly response: {
    readonly status: number;
    readonly error_code?: string;
    readonly innererror_code?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

interface Recordings {
  readonly exchanges: readonly Exchange[];
  readonly sequences: readonly {
    readonly id: string;
    readonly what: string;
    readonly steps: readonly { readonly id: string; readonly repeat?: number }[];
  }[];
  readonly reported: readonly Reported[];
}

const file = new URL('../../../../shared/recordings/azure-key-vault-secrets.json', import.meta.url);

/** `undefined` where `../shared` is not beside this checkout. */
export const recordings: Recordings | undefined = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
