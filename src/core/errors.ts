/**
 * The closed list of error codes. Every failure that leaves a room of Keyward carries one of these, and every table
 * that maps codes (HTTP, exit status, documentation) is checked against this one.
 */
export type ErrorCode =
  | 'not_found'
  | 'deleted'
  | 'denied'
  | 'unauthenticated'
  | 'unavailable'
  | 'throttled'
  | 'timeout'
  | 'conflict'
  | 'invalid'
  | 'too_large'
  | 'unsupported'
  | 'sealed'
  | 'integrity'
  | 'config'
  | 'internal';

export interface ErrorEntry {
  readonly httpStatus: number;
  /** Exit status of the command line. 1 stays free for "the command ran and its answer is no". */
  readonly exitCode: number;
  readonly meaning: string;
  /** What to do next, as a sentence. */
  readonly advice: string;
}

export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = {
  not_found: {
    httpStatus: 404,
    exitCode: 3,
    meaning: 'Every store that was asked answered that it does not hold this name.',
    advice:
      'Check the spelling with `keyward list`, or see where each store was looked in with `keyward explain <path>`.',
  },
  deleted: {
    httpStatus: 404,
    exitCode: 3,
    meaning: 'The name exists, but the version asked for was deleted or destroyed.',
    advice: 'See `keyward history <path>`; a deleted version can be brought back, a destroyed one cannot.',
  },
  denied: {
    httpStatus: 403,
    exitCode: 4,
    meaning: 'The store knows who asks and refuses.',
    advice: 'Ask for the permission, or limit the store with `serves` if it should not be asked for this path.',
  },
  unauthenticated: {
    httpStatus: 401,
    exitCode: 4,
    meaning: 'The store does not accept the credential that was sent, or none was sent.',
    advice: 'Sign in again or renew the credential of this store.',
  },
  unavailable: {
    httpStatus: 503,
    exitCode: 5,
    meaning: 'The store could not be reached or could not answer.',
    advice: 'See `keyward status` for each store, then retry.',
  },
  throttled: {
    httpStatus: 429,
    exitCode: 5,
    meaning: 'The store asks to slow down.',
    advice: 'Retry later, or raise the cache time so that fewer reads are needed.',
  },
  timeout: {
    httpStatus: 504,
    exitCode: 5,
    meaning: 'No answer came within the deadline.',
    advice: 'See `keyward status` for each store, then retry.',
  },
  conflict: {
    httpStatus: 409,
    exitCode: 6,
    meaning: 'Somebody else changed it first, or a precondition does not hold.',
    advice: 'Read the current version and apply the change to it.',
  },
  invalid: {
    httpStatus: 400,
    exitCode: 2,
    meaning: 'The input, or the answer of a store, does not have the required form.',
    advice: 'Correct what the message names.',
  },
  too_large: {
    httpStatus: 413,
    exitCode: 2,
    meaning: 'The input is over a limit.',
    advice: 'Make it smaller; the message names the limit.',
  },
  unsupported: {
    httpStatus: 405,
    exitCode: 2,
    meaning: 'This store cannot do this.',
    advice: 'Use a store whose capabilities include it.',
  },
  sealed: {
    httpStatus: 503,
    exitCode: 7,
    meaning: 'The encrypted store is locked, or the key offered does not open it.',
    advice: 'Offer the key of one of its slots.',
  },
  integrity: {
    httpStatus: 500,
    exitCode: 8,
    meaning: 'Stored data, a log or a connection is not what was written: damaged, replaced or rolled back.',
    advice: 'Stop writing, keep a copy of the files, and compare with a backup.',
  },
  config: {
    httpStatus: 500,
    exitCode: 2,
    meaning: 'The configuration is missing, wrong or not trusted.',
    advice: 'Correct the file and line that the message names.',
  },
  internal: {
    httpStatus: 500,
    exitCode: 70,
    meaning: 'A defect in Keyward.',
    advice: 'Report it; the message contains no secret.',
  },
};

export const errorCodes = Object.keys(errorTable) as readonly ErrorCode[];

export interface ErrorDetails {
  /** Name of the store or file that failed. */
  readonly store?: string | undefined;
  /** Path of the secret. A name, never a value. */
  readonly path?: string | undefined;
  /** Replaces the advice of the table. */
  readonly advice?: string | undefined;
  readonly cause?: unknown;
}

const brand = Symbol.for('keyward.error');

/**
 * The one error that Keyward throws. `message` says what happened and where, `advice` what to do next; neither ever
 * contains a value. The `cause` of a foreign library may: it is kept for debuggers but not enumerable.
 */
export class KeywardError extends Error {
  static {
    // What printing shows, also where the code was shortened.
    Object.defineProperty(KeywardError, 'name', { value: 'KeywardError' });
    Object.defineProperty(KeywardError.prototype, brand, { value: true });
  }

  /** One that another copy of this module made is one too: a process may load the library beside the command line. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }

  override readonly name = 'KeywardError';
  readonly code: ErrorCode;
  readonly store: string | undefined;
  readonly path: string | undefined;
  readonly advice: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.store = details.store;
    this.path = details.path;
    this.advice = details.advice ?? errorTable[code].advice;
  }
}

export function isKeywardError(error: unknown, ...codes: readonly ErrorCode[]): error is KeywardError {
  return error instanceof KeywardError && (codes.length === 0 || codes.includes(error.code));
}

/** The error itself when it is ours, else `internal` around it: a foreign message may quote its input, so it is dropped. */
export function toKeywardError(error: unknown, during: string, details: ErrorDetails = {}): KeywardError {
  if (error instanceof KeywardError) return error;
  return new KeywardError('internal', `${during} failed unexpectedly`, { ...details, cause: error });
}
