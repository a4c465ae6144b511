import { KeywardError } from '../core/errors.js';
import { type Path, parsePath, pathProblem, quoted } from '../core/path.js';

/** How paths lie in a store whose names allow less than paths do. */
export type Naming = 'codec' | 'dashes' | 'verbatim';

/** What a store allows as a name. */
export interface NameRules {
  /** The store, for messages. */
  readonly store: string;
  readonly maxLength: number;
  /** What a whole name looks like there. */
  readonly pattern: RegExp;
  /** Stands before every name that the codec makes, in a store whose names cannot begin with a dash. */
  readonly codecPrefix?: string | undefined;
  /** Names under which other paths lie than the naming says, by path. */
  readonly overrides?: ReadonlyMap<Path, string> | undefined;
}

const escapes = new Map([
  ['/', '--'],
  ['_', '-u'],
  ['-', '-d'],
  ['.', '-p'],
]);
const unescapes = new Map([...escapes].map(([character, name]) => [name[1], character]));
const hashed = '-h';

/**
 * The names of secrets in a store of another alphabet, in the form of design.md §6:
 *
 * - `codec`: reversible, and no two names are the same when case is ignored. Lower-case letters and digits stand for
 *   themselves; `--` is a slash, `-u` `_`, `-d` `-`, `-p` `.`, `-cx` an upper-case X, `-xhh` any other byte. Where that
 *   is too long for the store, `-h` and the base32 of the path's SHA-256: not reversible, so the store has to keep the
 *   path beside it.
 * - `dashes`: a dash for every `/`, `_` and `.`, as people name them. Not reversible: a listing shows the names.
 * - `verbatim`: the path as it is.
 */
export class NativeNames {
  readonly naming: Naming;
  readonly #rules: NameRules;
  readonly #paths: ReadonlyMap<string, Path>;

  /** @throws KeywardError `config` for a naming that there is not, and two paths for one name. */
  constructor(naming: string | undefined, rules: NameRules) {
    this.naming = namingOf(naming, rules.store);
    this.#rules = rules;
    const overrides = [...(rules.overrides ?? [])];
    this.#paths = new Map(overrides.map(([path, name]) => [name.toLowerCase(), path]));
    const wrong = overrides.find(([, name]) => !this.#isName(name));
    if (wrong !== undefined) throw this.#refusal('config', wrong[0], wrong[1]);
    if (this.#paths.size === overrides.length) return;
    throw new KeywardError('config', `${rules.store}: two paths have one name in \`names\``, { store: rules.store });
  }

  /** @throws KeywardError `invalid` when the store cannot have such a name. */
  nameOf(path: Path): string {
    const name = this.#rules.overrides?.get(path) ?? this.#made(path);
    if (!this.#isName(name)) throw this.#refusal('invalid', path, name);
    return name;
  }

  /**
   * Whether more than one path can have this name, so that the path has to be kept beside the value, and compared when
   * it is read.
   */
  isAmbiguous(path: Path): boolean {
    if (this.#rules.overrides?.has(path) === true) return false;
    return this.naming === 'dashes' || (this.naming === 'codec' && this.#isHashed(this.nameOf(path)));
  }

  /**
   * The path of a name in the store; `undefined` for one that no path has here: it is somebody else's, or the path has
   * to be read from what the store keeps beside the value.
   */
  pathOf(name: string): Path | undefined {
    const override = this.#paths.get(name.toLowerCase());
    if (override !== undefined) return override;
    const text = this.naming === 'codec' ? this.#decoded(name) : name;
    if (text === undefined || pathProblem(text) !== undefined) return undefined;
    const path = parsePath(text);
    // A name that its path would not get is no name of ours, and an override has moved the path elsewhere.
    return this.#rules.overrides?.has(path) === true || this.#made(path) !== name ? undefined : path;
  }

  #made(path: Path): string {
    if (this.naming === 'verbatim') return path;
    if (this.naming === 'dashes') return path.replaceAll(/[/_.]/g, '-');
    const { codecPrefix = '', maxLength } = this.#rules;
    const encoded = codecPrefix + encodeName(path);
    return encoded.length <= maxLength ? encoded : codecPrefix + hashed + base32(sha256(path));
  }

  #decoded(name: string): string | undefined {
    const { codecPrefix = '' } = this.#rules;
    return name.startsWith(codecPrefix) ? decodeName(name.slice(codecPrefix.length)) : undefined;
  }

  #isHashed(name: string): boolean {
    return name.startsWith((this.#rules.codecPrefix ?? '') + hashed);
  }

  #isName(name: string): boolean {
    return name.length <= this.#rules.maxLength && this.#rules.pattern.test(name);
  }

  #refusal(code: 'config' | 'invalid', path: Path, name: string): KeywardError {
    const { store, maxLength } = this.#rules;
    return new KeywardError(code, `${store} cannot have ${path}: ${quoted(name)} is no name there`, {
      store,
      path,
      advice: `Names there are at most ${maxLength} characters and fewer kinds of them; see \`naming\` and \`names\`.`,
    });
  }
}

/** The name of a path in the codec; every text of ASCII has one. */
export function encodeName(path: string): string {
  return path.replaceAll(/[^a-z0-9]/g, (character) => {
    const known = escapes.get(character);
    if (known !== undefined) return known;
    if (/[A-Z]/.test(character)) return `-c${character.toLowerCase()}`;
    return [...Buffer.from(character)].map((byte) => `-x${byte.toString(16).padStart(2, '0')}`).join('');
  });
}

/** What `encodeName` wrote; `undefined` for any other text. */
export function decodeName(name: string): string | undefined {
  if (!/^(?:[a-z0-9]|-[-udp]|-c[a-z]|-x[0-9a-f]{2})+$/.test(name)) return undefined;
  const text = name.replaceAll(/-(?:c(.)|x(..)|(.))/g, (_, upper?: string, hex?: string, known?: string) => {
    if (upper !== undefined) return upper.toUpperCase();
    return hex === undefined ? (unescapes.get(known ?? '') ?? '') : String.fromCharCode(Number.parseInt(hex, 16));
  });
  return encodeName(text) === name ? text : undefined;
}

function namingOf(naming: string | undefined, store: string): Naming {
  if (naming === undefined || naming === 'codec') return 'codec';
  if (naming === 'dashes' || naming === 'verbatim') return naming;
  throw new KeywardError('config', `${store}: ${quoted(naming)} is no naming`, {
    store,
    advice: 'Use codec, dashes or verbatim.',
  });
}

/** RFC 4648 §6 in lower case, without padding. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}

/** Every start of the command line has this file, and hardly one meets a name that is too long: the module takes 3 ms. */
function sha256(text: string): Uint8Array {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest();
}
