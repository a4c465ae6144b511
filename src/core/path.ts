import { KeywardError } from './errors.js';

declare const pathBrand: unique symbol;

/** A secret's name in its one canonical form, for example `exchange/binance/api_key`. Made only by `parsePath`. */
export type Path = string & { readonly [pathBrand]: 'path' };

/** The part of a path before its last segment; `''` is the root. */
export type Directory = Path | '';

export const maxPathLength = 512;

const segmentPattern = /^[A-Za-z0-9_.+=@-]+$/;

/** Why the text is no canonical path, or `undefined` when it is one. */
export function pathProblem(text: string): string | undefined {
  if (text.length === 0) return 'it is empty';
  if (text.length > maxPathLength) return `it is longer than ${maxPathLength} characters`;
  for (const segment of text.split('/')) {
    if (segment === '') return 'it has an empty segment (a leading, trailing or doubled slash)';
    if (segment === '.' || segment === '..') return `the segment "${segment}" is not allowed`;
    if (segment === '+') return 'a segment that is only "+" is not allowed';
    if (!segmentPattern.test(segment)) return 'only letters, digits and _ . + = @ - are allowed in a segment';
  }
  return undefined;
}

/**
 * The canonical path of the text. Nothing is repaired: anything but the canonical form is refused.
 *
 * @throws KeywardError `invalid`, naming the rule that the text breaks.
 */
export function parsePath(text: string): Path {
  const problem = pathProblem(text);
  if (problem !== undefined) {
    throw new KeywardError('invalid', `${quoted(text)} is not a valid path: ${problem}`, {
      advice: 'Write it like exchange/binance/api_key.',
    });
  }
  return text as Path;
}

/** Like `parsePath`, and `''` for the root. */
export function parseDirectory(text: string): Directory {
  return text === '' ? '' : parsePath(text);
}

export function segmentsOf(path: Directory): readonly string[] {
  return path === '' ? [] : path.split('/');
}

export function parentOf(path: Path): Directory {
  const slash = path.lastIndexOf('/');
  return (slash < 0 ? '' : path.slice(0, slash)) as Directory;
}

export function baseOf(path: Path): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** @throws KeywardError `invalid` when the result is too long or the name is no segment. */
export function joinPath(directory: Directory, name: string): Path {
  return parsePath(directory === '' ? name : `${directory}/${name}`);
}

/** Whether the path lies below the directory (at any depth); the root contains every path. */
export function isBelow(path: Path, directory: Directory): boolean {
  return directory === '' || path.startsWith(`${directory}/`);
}

/** The path below the directory that a text is, after its beginning (`secret/data/`); `undefined` when it is none. */
export function pathFrom(beginning: string, directory: Directory, text: string): Path | undefined {
  const before = directory === '' ? beginning : `${beginning}${directory}/`;
  const path = text.slice(before.length);
  return text.startsWith(before) && pathProblem(path) === undefined ? parsePath(path) : undefined;
}

/** The text in quotes for a message: shortened, and everything that is not printable ASCII escaped. */
export function quoted(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
