/** A sealed file as it is written: readable names, everything else for holders of an identity. Texts are base64. */
export interface SealedDocument {
  /** 32 hex characters, made with the file. */
  readonly fileId: string;
  /** Labels by age recipient (`age1…`); a label may be empty. */
  readonly recipients: ReadonlyMap<string, string>;
  /** The file key, in an age box for all recipients. */
  readonly key: string;
  /** Authenticates the file id and the recipients. */
  readonly tag: string;
  /** One for each bucket of names; authenticates which names are in the file. */
  readonly nameTags: readonly string[];
  /** Age boxes by name. */
  readonly values: ReadonlyMap<string, string>;
  /** How people arranged the text of a sealed `.env` file, by name; `''` is its end. Nothing authenticates it. */
  readonly layout?: ReadonlyMap<string, SealedLayout> | undefined;
}

export interface SealedLayout {
  readonly variable?: string | undefined;
  /** Comments and empty lines before it. */
  readonly above?: readonly string[] | undefined;
}

/** How many groups the names are divided into, so that two people who add names seldom change the same line. */
export const nameBuckets = 16;

/** Room for a hundred thousand values. */
export const maxSealedFileBytes = 128 * 1024 * 1024;

/** Where a project has its sealed file unless it says otherwise. */
export const defaultSealedFile = 'keyward.sealed.yaml';

/** Whether a file is called like a sealed one. */
export function isSealedFileName(name: string): boolean {
  return isSealedEnvName(name) || /(?:^|[./])sealed\.ya?ml$/.test(name);
}

/** Whether it is called like a sealed `.env` file: `.env.sealed`, `.env.production.sealed`. */
export function isSealedEnvName(name: string): boolean {
  return /\.env(?:\.[^./]+)*\.sealed$/.test(name);
}

/** The id of the file with this text; `undefined` when it is no sealed file. */
export function sealedFileId(text: string): string | undefined {
  return /^(?:# )?file: ([0-9a-f]{32})$/m.exec(text.slice(0, headerLength))?.[1];
}

const headerLength = 1024;
