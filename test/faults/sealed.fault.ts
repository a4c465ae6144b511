import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Laptop } from '../system/cli.js';
import { assertProgram } from './needed-program.js';

const page = new URL('../../docs/providers/sealed.md', import.meta.url);

let laptop: Laptop;
beforeAll(async () => {
  assertProgram('age', 'age');
  assertProgram('jq', 'jq');
  laptop = new Laptop();
  laptop.write('keyward.yaml', 'environment: development\nproviders:\n  - sealed: {}\n');
  await laptop.ok(['seal', 'init']);
});
afterAll(() => laptop.remove());

const shell = (command: string) =>
  execFileSync('/bin/sh', ['-c', command], { cwd: laptop.project, env: laptop.environment(), encoding: 'utf8' });

test('the age tool opens a single value as the page says', async () => {
  const recipe = /## One value with the age tool\n\n```sh\n([\s\S]*?)```/.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
  expect(recipe).toContain('age -d');
  await laptop.ok(['set', 'app/api_token'], { stdin: 'a "value"\nof two lines' });
  expect(shell(recipe)).toBe('a "value"\nof two lines\n');
});

test('an identity that age-keygen made opens what is sealed to it', async () => {
  await laptop.ok(['set', 'app/api_token'], { stdin: 'shared' });
  shell('umask 077 && age-keygen -o server.key 2> /dev/null');
  const recipient = shell('age-keygen -y server.key').trim();
  await laptop.ok(['recipient', 'add', recipient, '--label', 'server']);
  const { stdout } = await laptop.ok(['get', 'app/api_token'], {
    env: { KEYWARD_AGE_KEY_FILE: `${laptop.project}/server.key` },
  });
  expect(stdout).toBe('shared');
});
