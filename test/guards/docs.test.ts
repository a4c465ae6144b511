import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { allSpecs } from '../../src/cli/commands/help.js';
import { knownKeysAt } from '../../src/compose/config-schema.js';
import { providers } from '../../src/compose/provider-registry.js';
import { providerKinds } from '../../src/compose/provider-schemas.js';
import { boxKinds } from '../../src/crypto/box-kinds.js';
import { generatedParts, withParts } from './generated-docs.js';
import { filesBelow, readSource, root } from './source-tree.js';

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...filesBelow('docs', '.md')];

/** Texts in code style in the first column of the tables of a page, or of the section below one heading. */
function firstColumn(page: string, heading?: string): readonly string[] {
  const text = readSource(page);
  const section =
    heading === undefined ? text : (text.split(/^(?=#+ )/m).find((part) => part.startsWith(`${heading}\n`)) ?? '');
  return [...section.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

function exportedNames(path: string): readonly string[] {
  const source = ts.createSourceFile(path, readSource(path), ts.ScriptTarget.Latest, true);
  return source.statements.filter(ts.isExportDeclaration).flatMap(({ exportClause }) => {
    if (exportClause === undefined || !ts.isNamedExports(exportClause))
      throw new Error(`${path} exports without names`);
    return exportClause.elements.map(({ name }) => name.text);
  });
}

describe('documentation', () => {
  test('tables of errors, commands and names are those of the code; `npm run docs` writes them', async () => {
    for (const [page, parts] of Object.entries(await generatedParts())) {
      const text = readSource(page);
      const expected = withParts(page, text, parts);
      if (process.env['KEYWARD_WRITE_DOCS'] === '1') writeFileSync(join(root, page), expected);
      else expect(text, `${page}: run npm run docs`).toBe(expected);
    }
  });

  test('every key of the configuration is documented, and no other', () => {
    const page = 'docs/reference/configuration.md';
    const sections = ['store', 'cache', 'health', 'audit', 'deploy', 'rotation'].flatMap((key) =>
      knownKeysAt([key]).map((inner) => `${key}.${inner}`),
    );
    expect(sorted(firstColumn(page, '## Keys'))).toEqual(sorted([...knownKeysAt([]), ...sections]));
    expect(sorted(firstColumn(page, '## Secrets'))).toEqual(sorted(knownKeysAt(['secrets', 'any/path'])));

    const told = knownKeysAt(['notifications']).flatMap((key) => {
      const options = knownKeysAt(['notifications', key]);
      return options.length === 0 ? [key] : options.map((option) => `${key}.${option}`);
    });
    expect(sorted(firstColumn(page, '## Notifications'))).toEqual(sorted(told));

    const keysOf = (kind: string) => knownKeysAt(['providers', 0, kind]);
    const [first = ''] = providerKinds;
    const shared = keysOf(first).filter((key) => providerKinds.every((kind) => keysOf(kind).includes(key)));
    expect(sorted(firstColumn(page, '### Every provider'))).toEqual(sorted(shared));
    for (const kind of Object.keys(providers)) {
      const own = keysOf(kind).filter((key) => !shared.includes(key));
      expect(sorted(firstColumn(page, `### ${kind}`)), kind).toEqual(sorted(own));
    }
  });

  test('every provider has a page, and every page a provider', () => {
    const documented = filesBelow('docs/providers', '.md').map((page) => page.replace(/^.*\/(.*)\.md$/, '$1'));
    expect(sorted(documented)).toEqual(sorted(Object.keys(providers)));
  });

  test('every export of the library, of its redaction, of its deployment files and of the test kit is documented, and no other', () => {
    const page = 'docs/reference/library.md';
    expect(sorted(firstColumn(page, '## Exports of `keyward`'))).toEqual(sorted(exportedNames('src/index.ts')));
    expect(sorted(firstColumn(page, '## Exports of `keyward/redaction`'))).toEqual(
      sorted(exportedNames('src/redaction/index.ts')),
    );
    expect(sorted(firstColumn(page, '## Exports of `keyward/manifests`'))).toEqual(
      sorted(exportedNames('src/manifests/index.ts')),
    );
    expect(sorted(firstColumn(page, '## Exports of `keyward/testing`'))).toEqual(
      sorted(exportedNames('src/testing/index.ts')),
    );
  });

  test('every room is on the map in CONTRIBUTING', () => {
    const rooms = filesBelow('src', '.ts').flatMap((path) => /^src\/([a-z]+)\//.exec(path)?.[1] ?? []);
    expect(sorted(firstColumn('CONTRIBUTING.md', '## Rooms'))).toEqual(sorted(rooms));
  });

  test('every kind of box is documented with its byte', () => {
    const rows = [
      ...readSource('docs/reference/storage-format.md').matchAll(/^\| `([a-z-]+)` \| (0x[0-9a-f]{2}) \|/gm),
    ];
    const documented = Object.fromEntries(rows.map(([, name, byte]) => [name, Number(byte)]));
    expect(documented).toEqual(boxKinds);
  });

  test('every example has a page and a test', () => {
    const names = filesBelow('examples', '').flatMap((path) => /^examples\/([^/]+)\//.exec(path)?.[1] ?? []);
    const files = [
      ...filesBelow('test/integrations', '.integration.ts'),
      ...filesBelow('test/backends', '.backend.ts'),
    ];
    const tests = files.map(readSource).join('');
    const others = [...new Set(names)].filter((name) => name !== 'trading-bot');
    expect(others.filter((name) => !existsSync(join(root, 'examples', name, 'README.md')))).toEqual([]);
    expect(others.filter((name) => !new RegExp(`Example(?:\\.\\w+)?\\('${name}'\\)`).test(tests))).toEqual([]);
  });

  test('every link of a page and every page that code points to exists', () => {
    const ofPages = pages.flatMap((page) =>
      [...readSource(page).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => ({
        from: page,
        target: join(dirname(page), target),
      })),
    );
    const ofCode = filesBelow('src', '.ts').flatMap((path) =>
      [...readSource(path).matchAll(/\bdocs\/[a-z0-9/-]+\.md/g)].map(([target]) => ({ from: path, target })),
    );
    const dead = [...ofPages, ...ofCode].filter(({ target }) => !existsSync(join(root, target)));
    expect(dead).toEqual([]);
  });

  test('every page of the guide, the reference and the providers is linked from the README', () => {
    const readme = readSource('README.md');
    const parts = ['docs/guide', 'docs/reference', 'docs/providers'];
    const unlinked = parts
      .flatMap((folder) => filesBelow(folder, '.md'))
      .filter((page) => !readme.includes(`(${page})`));
    expect(unlinked).toEqual([]);
  });

  test('every command that a page or a message tells to run exists', async () => {
    const told = [...pages, ...filesBelow('src', '.ts').filter((path) => !path.endsWith('.test.ts'))].flatMap((path) =>
      [...readSource(path).matchAll(/(?:`|\$ |: |\| )keyward ([a-z]+(?: [a-z-]+)?)/g)].map(([, verb = '']) => ({
        path,
        verb,
      })),
    );
    const verbs = new Set((await allSpecs()).map(({ name }) => name));
    const isKnown = (verb: string) => verbs.has(verb) || verbs.has(verb.split(' ')[0] ?? '');
    expect(told.length).toBeGreaterThan(50);
    expect(told.filter(({ verb }) => !isKnown(verb))).toEqual([]);
  });

  test('every variable that steers Keyward is documented', () => {
    const variables = filesBelow('src', '.ts')
      .filter((path) => !path.endsWith('.test.ts'))
      .flatMap((path) => [...readSource(path).matchAll(/nv\['(KEYWARD_[A-Z_]+)'\]/g)].map(([, name = '']) => name));
    const documented = firstColumn('docs/reference/commands.md', '## Variables');
    expect(sorted(documented.filter((name) => name.startsWith('KEYWARD_')))).toEqual(sorted(variables));
  });

  test('every test that the threat model names exists', () => {
    const named = [...readSource('docs/threat-model.md').matchAll(/`((?:src|test)\/[^`]+)`/g)].map(
      ([, path = '']) => path,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('decision records are numbered without gaps and have every part', () => {
    const records = filesBelow('docs/decisions', '.md');
    expect(records.map((path) => Number(/\/(\d{4})-/.exec(path)?.[1]))).toEqual([...records.keys()]);
    for (const path of records) {
      const headings = [...readSource(path).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      expect(headings, path).toEqual(['Context', 'Decision', 'Rejected', 'Consequences']);
    }
  });
});
