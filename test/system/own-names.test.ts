import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSecrets } from '../../src/index.js';
import { Laptop } from './cli.js';

const names = ['__proto__', 'constructor', 'prototype'];
let laptop: Laptop;

beforeEach(async () => {
  laptop = await Laptop.initialised();
});

afterEach(() => {
  const fresh: Record<string, unknown> = {};
  expect(Object.keys(fresh)).toEqual([]);
  expect(fresh['value of __proto__']).toBeUndefined();
  expect(Object.getPrototypeOf(fresh)).toBe(Object.prototype);
  laptop.remove();
});

const textOf = (name: string) => `value of ${name}`;
const reveal = async (ref: string) => (await laptop.ok(['get', ref, '--reveal'])).stdout.trim();

describe('the names that every object has of its own', () => {
  test.each(names)('are ordinary ones of a secret and of a field: %s', async (name) => {
    await laptop.ok(['set', `app/${name}`], { stdin: textOf(name) });
    await laptop.ok(['set', `doc#${name}`], { stdin: textOf(name) });
    for (const ref of [`app/${name}`, `doc#${name}`, `doc/${name}`]) expect(await reveal(ref)).toBe(textOf(name));
    const shown = JSON.parse((await laptop.ok(['get', 'doc', '--reveal', '--json'])).stdout);
    expect(Object.entries(shown.fields)).toEqual([[name, textOf(name)]]);
  });

  test.each([
    ['JSON', 'in.json', JSON.stringify(Object.fromEntries(names.map((name) => [name, { [name]: textOf(name) }])))],
    ['YAML', 'in.yaml', names.map((name) => `${name}:\n  ${name}: ${textOf(name)}\n`).join('')],
  ])('are imported from %s, listed, and exported again', async (_, file, content) => {
    laptop.write(file, content);
    await laptop.ok(['import', file, '--yes']);
    for (const name of names) expect(await reveal(`${name}#${name}`)).toBe(textOf(name));
    for (const format of ['json', 'yaml']) {
      const { stdout } = await laptop.ok(['export', '--format', format, '--reveal']);
      for (const name of names) expect(stdout).toContain(textOf(name));
    }
    const listed = (await laptop.ok(['list', '--quiet'])).stdout;
    for (const name of names) expect(listed).toContain(name);
  });

  test('are ordinary variables of a .env file', async () => {
    laptop.write('.env', names.map((name) => `${name}="${textOf(name)}"\n`).join(''));
    await laptop.ok(['import', '.env', '--yes']);
    await laptop.ok(['run', '--', '/usr/bin/env', 'sh', '-c', 'env > seen']);
    for (const name of names) expect(laptop.read('seen').split('\n')).toContain(`${name}=${textOf(name)}`);
  });

  test('are read by every method of the library', async () => {
    for (const name of names) await laptop.ok(['set', `doc#${name}`], { stdin: textOf(name) });
    const secrets = await openSecrets({ cwd: laptop.project, env: laptop.environment() });
    try {
      const fields = await secrets.getAll('doc');
      expect(Object.keys(fields).sort()).toEqual(names);
      for (const name of names) expect((await secrets.get(`doc#${name}`)).expose()).toBe(textOf(name));
    } finally {
      await secrets.close();
    }
  });

  test('are sealed into a file and read from it', async () => {
    laptop.write('keyward.yaml', 'environment: development\nproviders:\n  - sealed: {}\n');
    await laptop.ok(['seal', 'init']);
    for (const name of names) {
      await laptop.ok(['set', `app/${name}`], { stdin: textOf(name) });
      await laptop.ok(['set', `doc#${name}`], { stdin: textOf(name) });
    }
    for (const name of names) {
      expect(await reveal(`app/${name}`)).toBe(textOf(name));
      expect(await reveal(`doc#${name}`)).toBe(textOf(name));
    }
  });
});
