import { KeywardError } from './errors.js';
import { type Path, parsePath, quoted } from './path.js';
import { compilePathPattern } from './path-pattern.js';

/**
 * The paths that a person names: a path is itself, listed or not, and a pattern stands for those listed that it matches.
 * Each once, in the order in which they are named.
 *
 * @throws KeywardError `invalid` for what is neither, and `not_found` for a pattern that matches none.
 */
export function expandPaths(names: readonly string[], listed: readonly Path[]): readonly Path[] {
  return [...new Set(names.flatMap((name) => (name.includes('*') ? matches(name, listed) : [parsePath(name)])))];
}

function matches(source: string, listed: readonly Path[]): readonly Path[] {
  const pattern = compilePathPattern(source);
  const found = listed.filter((path) => pattern.matches(path));
  if (found.length > 0) return found;
  throw new KeywardError('not_found', `nothing that is meant here matches ${quoted(source)}`, {
    advice: 'See what keyward.yaml lists, with: keyward list',
  });
}
