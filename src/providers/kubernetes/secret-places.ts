import { KeywardError } from '../../core/errors.js';
import { type Directory, isBelow, joinPath, type Path, parsePath, pathProblem, quoted } from '../../core/path.js';
import { NativeNames } from '../../formats/native-names.js';

export interface PlaceOptions {
  /** Of the store, for messages. */
  readonly name: string;
  /** Stands before every path. */
  readonly prefix: Directory;
  /** The one Secret whose keys are the secrets; absent where each secret has a Secret of its own. */
  readonly secret: string | undefined;
  readonly naming: string | undefined;
  /** By path with the prefix. */
  readonly overrides: ReadonlyMap<Path, string>;
}

/** Where a path lies. */
export interface Place {
  readonly name: string;
  /** In the one Secret. */
  readonly key: string | undefined;
  /** The path with the prefix, where the name alone could be another's too. */
  readonly kept: Path | undefined;
}

/** RFC 1123 subdomain, as `IsDNS1123Subdomain` of k8s.io/apimachinery has it. */
const objectName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const keyName = /^(?!\.\.|\.$)[-._A-Za-z0-9]+$/;
const maxLength = 253;

/** The names of paths in a namespace, or as keys in the one Secret. */
export class SecretPlaces {
  readonly secret: string | undefined;
  readonly #options: PlaceOptions;
  readonly #names: NativeNames;

  /** @throws KeywardError `config` */
  constructor(options: PlaceOptions) {
    const { name, secret, naming, overrides } = options;
    this.secret = secret;
    this.#options = options;
    this.#names = new NativeNames(
      naming,
      secret === undefined
        ? { store: name, maxLength, pattern: objectName, codecPrefix: 'kw-', overrides }
        : { store: name, maxLength, pattern: keyName, overrides },
    );
    if (secret === undefined) return;
    if (secret.length > maxLength || !objectName.test(secret))
      throw this.#refuse(`${quoted(secret)} is no Secret's name`);
    if (naming === 'dashes') throw this.#refuse('naming: dashes would give two paths the same key');
  }

  /** @throws KeywardError `invalid` for a path that has no name there. */
  of(path: Path): Place {
    const { prefix, secret, name: store } = this.#options;
    const inside = joinPath(prefix, path);
    const native = this.#names.nameOf(inside);
    const isAmbiguous = this.#names.isAmbiguous(inside);
    if (secret === undefined) return { name: native, key: undefined, kept: isAmbiguous ? inside : undefined };
    if (isAmbiguous)
      throw new KeywardError('invalid', `${store}: ${path} is too long for a key of a Secret`, { store });
    return { name: secret, key: native, kept: undefined };
  }

  /** Why no secret can have the path; `undefined` when one can. */
  problemOf(path: Path): string | undefined {
    try {
      this.of(path);
      return undefined;
    } catch (error) {
      if (error instanceof KeywardError) return error.message;
      throw error;
    }
  }

  /**
   * The path of a Secret or a key; `undefined` for what is none of ours.
   *
   * @param kept The path that the Secret itself names.
   */
  pathOf(native: string, kept: string | undefined): Path | undefined {
    const known = this.#isOwn(native, kept) ? parsePath(kept) : this.#names.pathOf(native);
    const { prefix } = this.#options;
    if (known === undefined || !isBelow(known, prefix)) return undefined;
    return prefix === '' ? known : parsePath(known.slice(prefix.length + 1));
  }

  /**
   * Makes sure that the Secret of this name is the path's.
   *
   * @param kept The path that it names itself. Without one, another wrote it: that is meant where people choose names.
   * @throws KeywardError `integrity`
   */
  check({ name, kept: wanted }: Place, kept: string | undefined): void {
    if (wanted === undefined || kept === wanted || (kept === undefined && this.#names.naming === 'dashes')) return;
    const { name: store } = this.#options;
    throw new KeywardError('integrity', `${store}: the Secret ${name} is not that of ${wanted}`, {
      store,
      path: wanted,
      advice: `Give one of the two another name in names:. See: kubectl describe secret ${name}`,
    });
  }

  #isOwn(native: string, kept: string | undefined): kept is string {
    if (kept === undefined || pathProblem(kept) !== undefined) return false;
    const path = parsePath(kept);
    return this.#names.isAmbiguous(path) && this.#names.nameOf(path) === native;
  }

  #refuse(problem: string): KeywardError {
    const { name: store } = this.#options;
    return new KeywardError('config', `${store}: ${problem}`, { store });
  }
}
