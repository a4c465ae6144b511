import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { blocksOf } from '../system/transcript.js';
import { readSource, root } from './source-tree.js';

const files = new Map(
  blocksOf(readSource('CONTRIBUTING.md')).flatMap(({ info, lines }) => {
    const path = /^ts file=(\S+)$/.exec(info)?.[1];
    return path === undefined ? [] : [[join(root, path), `${lines.join('\n')}\n`] as const];
  }),
);

/** What the compiler says about the files as if they lay where the page puts them. */
function compilerErrors(): readonly string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
        throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
      },
    },
  );
  const options = config?.options ?? {};
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  const folders = new Set([...files.keys()].map((path) => dirname(path)));
  const program = ts.createProgram([...files.keys()], options, {
    ...host,
    directoryExists: (path) => folders.has(path) || ts.sys.directoryExists(path),
    fileExists: (path) => files.has(path) || fileExists(path),
    readFile: (path) => files.get(path) ?? readFile(path),
    getSourceFile: (path, target) => {
      const text = files.get(path);
      return text === undefined ? getSourceFile(path, target) : ts.createSourceFile(path, text, target);
    },
  });
  return [...files.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  });
}

/** Copies the files elsewhere, with imports of the repository's own files made absolute. Answers the folder. */
function copyFiles(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-contributing-'));
  for (const [path, text] of files) {
    const target = join(folder, path.slice(root.length));
    const absolute = text
      .replace(/from '(\.\.\/[^']+)\.js'/g, (_, specifier: string) => `from '${join(dirname(path), specifier)}.ts'`)
      .replace(/from 'vitest'/g, `from '${fileURLToPath(import.meta.resolve('vitest'))}'`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, absolute);
  }
  return folder;
}

describe('the provider that CONTRIBUTING shows', () => {
  test('compiles under the rules of this repository', () => {
    expect(files.size).toBe(2);
    expect(compilerErrors()).toEqual([]);
  });

  test('has an import table that allows it: core, formats and host only', () => {
    const rooms = [...files].flatMap(([path, text]) =>
      path.endsWith('.test.ts') ? [] : [...text.matchAll(/from '\.\.\/\.\.\/([a-z]+)\//g)].map(([, room]) => room),
    );
    expect(rooms.filter((room) => !['core', 'formats', 'host'].includes(room ?? ''))).toEqual([]);
  });
});

const folder = copyFiles();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (const path of files.keys()) {
  if (path.endsWith('.test.ts')) await import(join(folder, path.slice(root.length)));
}
