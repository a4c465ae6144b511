import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { blocksOf } from '../system/transcript.js';
import { readSource, root } from './source-tree.js';

const blocks = blocksOf(readSource('CONTRIBUTING.md'));
const newFiles = textsOf(/^ts file=(\S+)$/, (_path, lines) => `${lines.join('\n')}\n`);
const changedFiles = textsOf(/^diff file=(\S+)$/, (path, lines) => withAdditions(readSource(path), lines));
const files = new Map([...newFiles, ...changedFiles].map(([path, text]) => [join(root, path), text] as const));

function textsOf(
  info: RegExp,
  textOf: (path: string, lines: readonly string[]) => string,
): ReadonlyMap<string, string> {
  const marked = blocks.flatMap((block) => {
    const path = info.exec(block.info)?.[1];
    return path === undefined ? [] : [[path, textOf(path, block.lines)] as const];
  });
  return new Map(marked);
}

/** The text with each line that begins with `+` put below the line that the page shows above it. */
function withAdditions(text: string, shown: readonly string[]): string {
  const lines = text.split('\n');
  let at = -1;
  for (const line of shown) {
    if (line.startsWith('+')) {
      at += 1;
      lines.splice(at, 0, line.slice(1));
    } else {
      at = lines.indexOf(line.slice(1));
      if (at < 0) throw new Error(`the page shows a line that is not there: ${line}`);
    }
  }
  return lines.join('\n');
}

const derivedFiles = ['provider-schemas', 'create-provider', 'config-schema', 'load-config'].map((name) =>
  join(root, `src/compose/${name}.ts`),
);

/** What the compiler says about the files as if they lay where the page puts them, and about what follows from them. */
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
  const program = ts.createProgram([...files.keys(), ...derivedFiles], options, {
    ...host,
    directoryExists: (path) => folders.has(path) || ts.sys.directoryExists(path),
    fileExists: (path) => files.has(path) || fileExists(path),
    readFile: (path) => files.get(path) ?? readFile(path),
    getSourceFile: (path, target) => {
      const text = files.get(path);
      return text === undefined ? getSourceFile(path, target) : ts.createSourceFile(path, text, target);
    },
  });
  return [...files.keys(), ...derivedFiles].flatMap((path) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  });
}

/** A copy of the sources with the files in it. Answers its folder. */
function copySources(): string {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'keyward-contributing-')));
  cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [path, text] of files) {
    const target = join(copy, relative(root, path));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  return copy;
}

const copy = copySources();
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Opens a project with this configuration, in the copy where the provider is registered. */
async function openProject(name: string, configuration: string) {
  const { openSecrets }: typeof import('../../src/compose/open-secrets.js') = await import(
    join(copy, 'src/compose/open-secrets.ts')
  );
  const cwd = join(copy, name);
  mkdirSync(cwd, { mode: 0o755 });
  writeFileSync(join(cwd, 'keyward.yaml'), configuration, { mode: 0o644 });
  writeFileSync(join(cwd, 'mine.json'), '{"app/token":"from-json"}', { mode: 0o644 });
  return openSecrets({ cwd, env: { HOME: copy }, environment: 'development' });
}

describe('the provider that CONTRIBUTING shows', () => {
  test('compiles under the rules of this repository', () => {
    expect([...newFiles.keys()]).toEqual(['src/providers/json/json.ts', 'src/providers/json/json.test.ts']);
    expect(compilerErrors()).toEqual([]);
  });

  test('changes no other file than the registry, by an import and one line', () => {
    const [[path, text = ''] = [], ...others] = changedFiles;
    expect(path).toBe('src/compose/provider-registry.ts');
    expect(others).toEqual([]);
    expect(text.split('\n')).toHaveLength(readSource('src/compose/provider-registry.ts').split('\n').length + 2);
  });

  test('serves a project that names it in its configuration', async () => {
    const secrets = await openProject('named', 'providers: [{json: {file: mine.json}}]');
    const secret = await secrets.get('app/token');
    expect(secret.expose()).toBe('from-json');
    await secrets.close();
  });

  test('has its options checked like those of every other', async () => {
    await expect(openProject('misspelt', 'providers: [{json: {fiel: mine.json}}]')).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('unknown key "fiel"; did you mean "file"?'),
    });
  });

  test('does not read a file outside a project that is not trusted', async () => {
    await expect(openProject('outside', 'providers: [{json: {file: ../named/mine.json}}]')).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('json would read the file ../named/mine.json'),
    });
  });

  test('has an import table that allows it: core, formats and host only', () => {
    const rooms = [...newFiles].flatMap(([path, text]) =>
      path.endsWith('.test.ts') ? [] : [...text.matchAll(/from '\.\.\/\.\.\/([a-z]+)\//g)].map(([, room]) => room),
    );
    expect(rooms.filter((room) => !['core', 'formats', 'host'].includes(room ?? ''))).toEqual([]);
  });
});

for (const path of newFiles.keys()) {
  if (path.endsWith('.test.ts')) await import(join(copy, path));
}
