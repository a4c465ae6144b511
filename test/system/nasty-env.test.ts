import { parse as parseByOracle } from 'dotenv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDotenv } from '../../src/formats/dotenv.js';
import { Laptop } from './cli.js';
import { brokenFiles, nastyFiles } from './nasty-env-files.js';

let laptop: Laptop;
let config: string;

beforeAll(async () => {
  laptop = await Laptop.initialised();
  config = laptop.read('keyward.yaml');
});
afterAll(() => laptop.remove());

const valuesOf = (text: string) =>
  Object.fromEntries(parseDotenv(text).entries.map(({ name, value }) => [name, value] as const));

test('there are two hundred of them', () => {
  expect(nastyFiles.length).toBeGreaterThanOrEqual(200);
  expect(new Set(nastyFiles.map(({ text }) => text)).size).toBe(nastyFiles.length);
});

describe('what has no single meaning is refused with line and column, and nothing is stored', () => {
  test.each(brokenFiles)('$title', async ({ text, at }) => {
    laptop.write('broken.env', text);
    const { status, stderr } = await laptop.run(['import', 'broken.env', '--yes']);
    expect({ status, first: stderr.split('\n')[0] }).toEqual({
      status: 2,
      first: expect.stringContaining(`keyward: broken.env:${at}: `),
    });
    expect((await laptop.ok(['list', '--json'])).stdout).toBe('[]\n');
    expect(laptop.read('keyward.yaml')).toBe(config);
  });
});

describe('what an import takes, an export gives back byte by byte', () => {
  test.each(nastyFiles)('$title', async ({ text, values }) => {
    laptop.write('keyward.yaml', config);
    laptop.write('nasty.env', text);
    await laptop.ok(['import', 'nasty.env', '--yes', '--overwrite']);
    const { stdout } = await laptop.ok(['export']);
    expect(valuesOf(stdout)).toEqual(values);
    if (parseDotenv(text).problems.length === 0) expect(parseByOracle(text.replace(/^\uFEFF/, ''))).toEqual(values);
    if (parseDotenv(stdout).problems.length === 0) expect(parseByOracle(stdout)).toEqual(values);
  });
});
