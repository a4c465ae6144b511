import type { EnvironmentTarget } from '../../core/environment-names.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';
import { formatRef, parseRef } from '../../core/ref.js';
import type { ImportPlan } from './import-plan.js';
import { looksLikeSetting, looksLikeStoreCredential } from './well-known-names.js';

/**
 * The plan as text for an editor: one line per name, `NAME -> path[#field]`, with remarks after ` # `. Holds no value.
 * `parsePlanText` reads it back.
 */
export function formatPlan(plan: ImportPlan): string {
  const lines = plan.items.flatMap((item) =>
    item.keys.map((name) => `${name} -> ${formatRef({ path: item.path, field: item.field })}${remark(name)}`),
  );
  const problems = plan.problems.map(({ where, cause, fix }) => `# ${where}: ${cause}. ${fix}`);
  return [...problems, ...lines].map((line) => `${line}\n`).join('');
}

/**
 * The place of each name in an edited plan. A name whose line was deleted is left out of the import.
 *
 * @param names the names that the source holds; any other is an error.
 * @throws KeywardError `invalid` listing every line that cannot be read, by number.
 */
export function parsePlanText(text: string, names: Iterable<string>): ReadonlyMap<string, EnvironmentTarget> {
  const known = new Set(names);
  const places = new Map<string, EnvironmentTarget>();
  const errors: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const statement = line.replace(/(?:^|\s)#.*$/, '').trim();
    if (statement === '') continue;
    const problem = readStatement(statement, known, places);
    if (problem !== undefined) errors.push(`line ${index + 1}: ${problem}`);
  }
  if (errors.length > 0) {
    throw new KeywardError('invalid', `the plan cannot be read: ${errors.join('; ')}`, {
      advice: 'Write each line like BINANCE_API_KEY -> exchange/binance#api_key.',
    });
  }
  return places;
}

function readStatement(
  statement: string,
  known: ReadonlySet<string>,
  places: Map<string, EnvironmentTarget>,
): string | undefined {
  const [, name, ref] = /^(\S.*?)\s+->\s+(\S.*)$/.exec(statement) ?? [];
  if (name === undefined || ref === undefined) return 'it is not of the form NAME -> path';
  if (!known.has(name)) return `${quoted(name)} is not in the source`;
  if (places.has(name)) return `${name} has a place already`;
  try {
    const { path, field, version } = parseRef(ref);
    if (version !== undefined) return 'a place has no version';
    places.set(name, { path, field });
    return undefined;
  } catch (error) {
    if (isKeywardError(error, 'invalid')) return error.message;
    throw error;
  }
}

function remark(name: string): string {
  if (looksLikeStoreCredential(name)) return '  # opens a backing store: may be needed before any store is open';
  return looksLikeSetting(name) ? '  # looks like a plain setting' : '';
}
