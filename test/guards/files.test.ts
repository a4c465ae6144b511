import { describe, expect, test } from 'vitest';
import { filesBelow, readSource } from './source-tree.js';

const sources = filesBelow('src', '.ts').filter((path) => !path.endsWith('.test.ts'));
const tests = [...filesBelow('src', '.test.ts'), ...filesBelow('test', '.ts')];
const lines = (path: string) => readSource(path).split('\n').length - 1;

const silent =
  /\b(?:test|it|describe)\.(?:skip|only|todo|skipIf|runIf)\b|biome-ignore|@ts-(?:ignore|expect-error|nocheck)|eslint-disable/;

/** A contract suite gets the framework's skip for its declared deviations; nothing else may use it. */
function isContractRunner(text: string): boolean {
  const rest = text.replaceAll(/skip: (?:\(name\) => )?(?:test|it)\.skip\b/g, '');
  return rest !== text && !silent.test(rest);
}

/** Without comments: prose may use any word. */
function codeOf(path: string): string {
  return readSource(path).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

describe('files', () => {
  test('no source file is over 500 lines, and nine of ten are under 300', () => {
    expect(sources.filter((path) => lines(path) > 500)).toEqual([]);
    const long = sources.filter((path) => lines(path) >= 300);
    expect(long.length, long.join(', ')).toBeLessThanOrEqual(sources.length / 10);
  });

  test('the median source file has at most 130 lines', () => {
    const sizes = sources.map(lines).sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(130);
  });

  test('names are kebab-case, and no folder or file is a drawer for everything', () => {
    const bad = sources.filter(
      (path) =>
        !/^(?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.contract)?\.ts$/.test(path) ||
        /(?:utils?|helpers?|common|misc|manager)\b/.test(path),
    );
    expect(bad).toEqual([]);
  });

  test('index files only re-export', () => {
    for (const path of sources.filter((name) => name.endsWith('/index.ts'))) {
      const rest = readSource(path)
        .replace(/export (?:type )?(?:\{[^}]*\}|\*) from '[^']+';/g, '')
        .replace(/\/\*\*[\s\S]*?\*\//g, '')
        .trim();
      expect(rest, path).toBe('');
    }
  });

  test('nothing is skipped, narrowed or silenced without saying so', () => {
    const own = 'test/guards/files.test.ts';
    const found = [...sources, ...tests].filter((path) => path !== own && silent.test(readSource(path)));
    const declared = found.filter((path) => !isContractRunner(readSource(path)));
    expect(declared).toEqual([]);
  });

  test('no test waits for the wall clock', () => {
    const found = tests.filter(
      (path) => /setTimeout\(\s*(?:resolve|r|done)\b/.test(readSource(path)) && path !== 'test/guards/files.test.ts',
    );
    expect(found).toEqual([]);
  });

  test('no source uses any, a non-null assertion or a double cast', () => {
    const found = sources.filter((path) => /\bas any\b|: any\b|<any>|as unknown as\b/.test(codeOf(path)));
    expect(found).toEqual([]);
  });
});
