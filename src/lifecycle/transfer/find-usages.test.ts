import { describe, expect, test } from 'vitest';
import { findUsages, mayHoldUsages } from './find-usages.js';

const refs = new Map([
  ['API_KEY', 'app/key'],
  ['DB_URL', 'database#url'],
]);
const braced = (name: string) => `$${`{${name}}`}`;
const placesIn = (file: string, text: string) => findUsages(file, text, refs).map(({ line, found }) => [line, found]);

describe('places that read a name from the environment', () => {
  test.each([
    ['a.ts', 'process.env.API_KEY', [[1, 'process.env.API_KEY']]],
    ['a.js', '\nprocess.env?.API_KEY!', [[2, 'process.env?.API_KEY']]],
    ['a.mjs', "process.env['API_KEY']", [[1, "process.env['API_KEY']"]]],
    ['a.cts', 'process.env[ "DB_URL" ]', [[1, 'process.env["DB_URL"]']]],
    ['a.vue', 'import.meta.env.API_KEY', [[1, 'import.meta.env.API_KEY']]],
    [
      'a.ts',
      'Bun.env.API_KEY; Deno.env.get("DB_URL")',
      [
        [1, 'Bun.env.API_KEY'],
        [1, 'Deno.env.get("DB_URL"'],
      ],
    ],
    [
      'a.ts',
      'const {\n  API_KEY,\n  DB_URL: url = "x",\n  ...rest\n} = process.env',
      [
        [2, 'API_KEY'],
        [3, 'DB_URL'],
      ],
    ],
    ['a.ts', 'const { url: DB_URL } = process.env; const { API_KEY } = other', []],
    ['a.ts', 'process.env.API_KEY_2; process.env.OTHER; API_KEY; xprocess.env.API_KEY', []],
    ['a.py', 'os.getenv("API_KEY", "")', [[1, 'getenv("API_KEY"']]],
    [
      'a.py',
      "x = os.environ['DB_URL']\nos.environ.get('API_KEY')",
      [
        [1, "environ['DB_URL']"],
        [2, "environ.get('API_KEY'"],
      ],
    ],
    [
      'a.sh',
      `echo $API_KEY "${braced('DB_URL:-x')}" \\$API_KEY $API_KEYS`,
      [
        [1, '$API_KEY'],
        [1, `$${'{'}DB_URL:`],
      ],
    ],
    ['compose.yml', `a: ${braced('API_KEY')}\nb: $${braced('API_KEY')}`, [[1, braced('API_KEY')]]],
    ['compose.yml', 'env_file: .env', [[1, 'env_file:']]],
    ['a.py', 'load_dotenv()', [[1, 'load_dotenv(']]],
    [
      'package.json',
      '{"start": "node --env-file .env -r dotenv/config ."}',
      [
        [1, '--env-file'],
        [1, 'dotenv/config'],
      ],
    ],
    ['a.md', 'process.env.API_KEY', []],
  ])('%s: %j', (file, text, places) => {
    expect(placesIn(file, text)).toEqual(places);
  });

  test('say what to write instead, where the program can ask by itself', () => {
    expect(findUsages('a.ts', 'process.env.DB_URL', refs)[0]?.replacement).toBe("await secrets.get('database#url')");
    expect(findUsages('a.py', 'os.getenv("DB_URL")', refs)[0]?.replacement).toContain('keyward run');
  });

  test('are looked for in sources only', () => {
    expect(['a.ts', 'b/A.PY', 'Dockerfile', 'compose.yaml', 'a.png', 'a.lock'].map(mayHoldUsages)).toEqual([
      ...[true, true, true, true, false, false],
    ]);
  });

  test('are found in a text of a million braces and dollars without delay', () => {
    const text = '{ $ { process.env['.repeat(60_000);
    for (const file of ['a.ts', 'a.sh', 'a.py']) expect(placesIn(file, text)).toEqual([]);
  });
});
