import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Laptop, repository } from './cli.js';

let laptop: Laptop;
let program: string;

beforeAll(async () => {
  laptop = await Laptop.initialised();
  writeInventory('');
  const modules = join(laptop.project, 'node_modules');
  mkdirSync(join(modules, 'keyward'), { recursive: true });
  symlinkSync(join(repository, 'src'), join(modules, 'keyward/src'));
  writeFileSync(
    join(modules, 'keyward/package.json'),
    '{ "name": "keyward", "type": "module", "exports": { ".": "./src/index.ts" } }',
  );
  program = laptop.write('program.mts', usage);
});
afterAll(() => laptop.remove());

const usage = `
import { openSecrets, plain, secret } from 'keyward';
const secrets = await openSecrets();
await secrets.get('app/jwt_secret');
await secrets.get('app/jwt_secret@previous');
await secrets.get('exchange/binance#api_key');
await secrets.get('exchange/binance/api_key@2');
await secrets.get('database/url');
const { api_key } = await secrets.getAll('exchange/binance');
export const key: string | undefined = api_key?.expose();
secret('app/jwt_secret');
plain('app/mail%40example');
`;
const unlisted = "await secrets.get('app/typing_mistake');\n";

function writeInventory(more: string): void {
  laptop.write(
    'keyward.yaml',
    `environment: development
project: bot
providers: [{ keyward: { prefix: "bot/{env}" } }]
secrets:
  exchange/binance: { fields: [api_secret, api_key, "an odd # field"] }
  app/jwt_secret: {}
  app/mail@example: {}
  database/url: { from: "https://h/{app/jwt_secret}" }
${more}`,
  );
}

/** What the compiler says about the program together with the declaration. */
function compile(text: string): readonly string[] {
  writeFileSync(program, text);
  const compiled = ts.createProgram([program, join(laptop.project, 'keyward.d.ts')], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    typeRoots: [join(repository, 'node_modules/@types')],
    types: ['node'],
  });
  return [program, join(laptop.project, 'keyward.d.ts')].flatMap((file) => {
    const source = compiled.getSourceFile(file);
    const diagnostics = [...compiled.getSyntacticDiagnostics(source), ...compiled.getSemanticDiagnostics(source)];
    return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  });
}

describe('keyward types', () => {
  test('writes a declaration that lists every name once, in order', async () => {
    const ran = await laptop.ok(['types']);
    expect(ran.stderr).toContain('keyward.d.ts');
    expect(laptop.read('keyward.d.ts')).toBe(
      [
        '// Written by `keyward types` from the secrets that keyward.yaml lists.',
        'export {};',
        '',
        "declare module 'keyward' {",
        '  interface SecretNames {',
        "    'app/jwt_secret': never;",
        "    'app/mail%40example': never;",
        "    'database/url': never;",
        "    'exchange/binance': 'api_key' | 'api_secret';",
        '  }',
        '}',
        '',
      ].join('\n'),
    );
  });

  test('the compiler takes listed names and others', async () => {
    await laptop.ok(['types']);
    expect(compile(usage + unlisted)).toEqual([]);
  });

  test('--strict makes the compiler refuse a name that is not listed, and nothing else', async () => {
    await laptop.ok(['types', '--strict']);
    expect(compile(usage + unlisted)).toEqual([expect.stringContaining('"app/typing_mistake"')]);
  });

  test('--check ends with 1 when the inventory has changed, and writes nothing', async () => {
    await laptop.ok(['types']);
    await laptop.ok(['types', '--check']);
    const before = laptop.read('keyward.d.ts');
    writeInventory('  app/new: {}\n');
    expect((await laptop.run(['types', '--check'])).status).toBe(1);
    expect(laptop.read('keyward.d.ts')).toBe(before);
    writeInventory('');
  });

  test('does not replace a file that it did not write', async () => {
    laptop.write('mine.d.ts', 'export type Mine = 1;\n');
    const { status, stderr } = await laptop.run(['types', '--out', 'mine.d.ts']);
    expect(status).not.toBe(0);
    expect(stderr).toContain('that Keyward did not write');
    expect(laptop.read('mine.d.ts')).toBe('export type Mine = 1;\n');
  });
});
