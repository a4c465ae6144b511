import { KeywardError } from './errors.js';
import { type Path, quoted } from './path.js';

/**
 * A compiled pattern over paths: `*` stands for one whole segment or part of one, `**` as a segment for any number of
 * segments, none too.
 */
export interface PathPattern {
  readonly source: string;
  matches(path: Path): boolean;
}

const segment = /^(?:\*\*|[A-Za-z0-9_.+=@*-]+)$/;

/** @throws KeywardError `invalid` */
export function compilePathPattern(source: string): PathPattern {
  const parts = source.split('/');
  if (parts.some((part) => !segment.test(part) || (part.includes('**') && part !== '**'))) {
    throw new KeywardError('invalid', `${quoted(source)} is not a path pattern`, {
      advice: 'Write it like exchange/**, database/*/password or app/jwt_secret.',
    });
  }
  return { source, matches: (path) => matchSegments(parts, path.split('/')) };
}

/** In time proportional to pattern by path: goes through the pattern once, keeping every place it may have reached. */
function matchSegments(pattern: readonly string[], path: readonly string[]): boolean {
  let reached: ReadonlySet<number> = new Set([0]);
  for (const part of pattern) {
    reached = new Set(part === '**' ? from(Math.min(...reached), path.length) : stepsOver(part, path, reached));
    if (reached.size === 0) return false;
  }
  return reached.has(path.length);
}

function from(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function stepsOver(part: string, path: readonly string[], reached: ReadonlySet<number>): readonly number[] {
  return path.flatMap((text, index) => (reached.has(index) && matchWildcard(part, text) ? [index + 1] : []));
}

/** Linear in the length of the text: remembers only the last star. */
function matchWildcard(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p;
      resume = t;
      p += 1;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      t = resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
