interface OptionValues {
  readonly text: string;
  readonly flag: boolean;
  /** A whole number from 1 on. */
  readonly count: number;
  /** In milliseconds; written as `30s`. */
  readonly duration: number;
  /** A directory in which `{env}` stands for the environment's name. */
  readonly prefix: string;
  /** Anything that decides who is asked over the network: a host, a region, an account. */
  readonly address: string;
  readonly addresses: readonly string[];
  /** A file or folder, relative to the project's folder. */
  readonly file: string;
  readonly files: readonly string[];
  /** The path of another secret, whose value is given to who is asked. */
  readonly secret: string;
  /** What single secrets are called in the store, by path. */
  readonly names: Readonly<Record<string, string>>;
  readonly texts: readonly string[];
  /** A program and its arguments. */
  readonly command: readonly string[];
  /** Names of variables. */
  readonly variables: readonly string[];
  /** Exit statuses. */
  readonly statuses: readonly number[];
}

/** What an option holds. The type also says what a configuration reaches by it, on which trust is decided. */
export type OptionType = keyof OptionValues;

/** Options by name: of a type, or one of some words. */
export type OptionTypes = Readonly<Record<string, OptionType | readonly string[]>>;

type OptionValue<Type extends OptionType | readonly string[]> = Type extends OptionType
  ? OptionValues[Type]
  : Type extends readonly (infer Word)[]
    ? Word
    : never;

/** The options of a configuration entry, as it states them: absent where it does not. */
export type OptionsOf<Types extends OptionTypes> = {
  readonly [Name in keyof Types]?: OptionValue<Types[Name]> | undefined;
};
