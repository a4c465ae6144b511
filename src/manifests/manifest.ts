import type { Deployment } from '../core/deployment.js';
import type { Ref } from '../core/ref.js';

/** A file of a deployment. */
export interface ManifestFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** 0644 when absent. */
  readonly mode?: 0o600 | 0o644 | 0o755 | undefined;
  /** What to do with it. Stands in its first lines too, where its format has comments. */
  readonly next?: string | undefined;
}

export interface ManifestOption {
  /** What stands for the value in the help: `<region>`. */
  readonly value: string;
  readonly description: string;
  readonly default?: string | undefined;
  readonly isRequired?: true | undefined;
  /** The only values that it takes. */
  readonly choices?: readonly string[] | undefined;
}

export type ManifestOptions = Readonly<Record<string, ManifestOption>>;

/** What was given for the options, with the defaults filled in. */
export type OptionValues<Options extends ManifestOptions> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly default: string } | { readonly isRequired: true }
    ? string
    : string | undefined;
};

/** What a target may ask for beyond names. */
export interface ManifestPorts {
  /** The value itself, for files whose purpose is to hold it. @throws KeywardError `not_found` */
  readonly value: (ref: Ref) => Promise<Uint8Array>;
  /** A file that an option names. @throws KeywardError `config` when it cannot be read. */
  readonly file: (path: string) => Promise<Uint8Array>;
}

/** How the first comment of every file begins that has comments. */
export const madeBy = '# Made by: keyward manifest';

/** A kind of deployment file. */
export interface ManifestTarget<Options extends ManifestOptions = ManifestOptions> {
  /** One line, without a full stop. */
  readonly summary: string;
  readonly options: Options;
  /** Whether the purpose of its files is to hold values. */
  readonly needsValues?: true | undefined;
  /** The same files for the same deployment and options, byte by byte, except where `isSame` is there. */
  render(
    deployment: Deployment,
    options: OptionValues<Options>,
    ports: ManifestPorts,
  ): Promise<readonly ManifestFile[]> | readonly ManifestFile[];
  /** Whether the text that is there does what that of the file does; for files that come out different each time. */
  isSame?(found: string, made: ManifestFile): boolean;
}

/** The target itself; lets `render` see its options as `options` declares them. */
export function defineTarget<const Options extends ManifestOptions>(
  target: ManifestTarget<Options>,
): ManifestTarget<Options> {
  return target;
}
