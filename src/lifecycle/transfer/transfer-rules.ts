import type { EnvironmentTarget } from '../../core/environment-names.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { type Directory, isBelow, type Path, parseDirectory, parsePath } from '../../core/path.js';
import { formatRef, parseRef } from '../../core/ref.js';
import { parseYamlConfig } from '../../formats/yaml.js';

/**
 * Where secrets go that do not keep their name, as a YAML mapping of old to new places: `path` or `path#field` to one of
 * these, to a list of them, or to `null` for what is left out; `folder/*` to `folder/*` for everything below. The longest
 * rule that fits counts. In rules for a file, its names stand on the left.
 */
export class TransferRules {
  readonly #exact = new Map<string, readonly EnvironmentTarget[]>();
  readonly #below = new Map<Directory, readonly Directory[]>();
  readonly #used = new Set<string>();
  /** Where each rule stands. */
  readonly #places = new Map<string, string>();

  /** @throws KeywardError `config` with the line of what cannot be read. */
  static async parse(text: string, fileName: string): Promise<TransferRules> {
    const rules = new TransferRules();
    const { data, locate } = await parseYamlConfig(text, fileName);
    for (const [from, to] of Object.entries(typeof data === 'object' && data !== null ? data : { '': data })) {
      const where = `${fileName}:${locate([from])?.line ?? 1}`;
      try {
        rules.#places.set(rules.#add(from, to), where);
      } catch (error) {
        if (!isKeywardError(error, 'invalid')) throw error;
        throw new KeywardError('config', `${where}: ${error.message}`, {
          store: fileName,
          advice:
            'Write rules like `old/path: new/path`, `old#field: new/path#field` or `old/*: new/*`; null leaves out.',
        });
      }
    }
    return rules;
  }

  /** Answers by what the rule is known. */
  #add(from: string, to: unknown): string {
    const targets = to === null ? [] : Array.isArray(to) ? to : [to];
    if (!targets.every((target) => typeof target === 'string')) {
      throw new KeywardError('invalid', 'a rule leads to a place, a list of places, or null');
    }
    const folder = folderOf(from);
    if (folder === undefined) {
      const ref = formatRef(placeOf(from));
      this.#exact.set(ref, targets.map(placeOf));
      return ref;
    }
    const folders = targets.map(folderOf);
    if (!folders.every((target) => target !== undefined)) {
      throw new KeywardError('invalid', 'a rule for a folder leads to folders, which end in /* too');
    }
    this.#below.set(folder, folders);
    return `${folder}/*`;
  }

  /** Where a rule puts this name of a file, or this field; `undefined` without a rule. */
  of(ref: string): readonly EnvironmentTarget[] | undefined {
    const places = this.#exact.get(ref);
    if (places !== undefined) this.#used.add(ref);
    return places;
  }

  /** Where a rule puts the secret as a whole; `undefined` without a rule. */
  ofPath(path: Path): readonly EnvironmentTarget[] | undefined {
    const exact = this.of(formatRef({ path }));
    if (exact !== undefined) return exact;
    const [folder] = [...this.#below.keys()]
      .filter((candidate) => candidate === '' || isBelow(path, candidate))
      .sort(longest);
    if (folder === undefined) return undefined;
    this.#used.add(`${folder}/*`);
    const rest = folder === '' ? path : path.slice(folder.length + 1);
    return this.#below.get(folder)?.map((to) => ({ path: parsePath(to === '' ? rest : `${to}/${rest}`) }));
  }

  /** Where the rules stand that nothing fitted until now. */
  unused(): readonly string[] {
    return [...this.#places].flatMap(([rule, where]) => (this.#used.has(rule) ? [] : [where]));
  }
}

const longest = (a: string, b: string) => b.length - a.length;

function placeOf(text: string): EnvironmentTarget {
  const { path, field, version } = understood(() => parseRef(text));
  if (version === undefined) return { path, field };
  throw new KeywardError('invalid', 'a place has no version');
}

/** The folder that `folder/*` or `*` means. */
function folderOf(text: string): Directory | undefined {
  if (text === '*') return '';
  return text.endsWith('/*') ? understood(() => parseDirectory(text.slice(0, -2))) : undefined;
}

/** Nothing of the text is repeated: a file of values may have been given in place of one of rules. */
function understood<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isKeywardError(error, 'invalid')) throw error;
    throw new KeywardError('invalid', 'a place is a path, or the field of one');
  }
}
