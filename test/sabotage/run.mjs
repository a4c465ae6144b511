// Removes one protection at a time from a copy of the project and expects the named tests to fail. A suite that stays
// green without the protection proves nothing about it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { sabotages } from './sabotages.mjs';

const root = resolve(import.meta.dirname, '../..');
const only = process.argv.slice(2);
const copy = mkdtempSync(join(tmpdir(), 'keyward-sabotage-'));
const copied = [
  'src',
  'test',
  'build',
  'docs',
  'examples',
  'tools',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'README.md',
  'CONTRIBUTING.md',
];

function runTests(tests, config) {
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--bail=1',
    '--reporter=dot',
    ...(config ? ['--config', config] : []),
    ...tests,
  ];
  return spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', timeout: 300_000 });
}

/** Whether the tests pass on the untouched copy: only then does their failure say anything. Each set is run once. */
function greenWithout(tests, config) {
  const key = JSON.stringify([tests, config]);
  if (!baselines.has(key)) {
    const { status, stdout } = runTests(tests, config);
    if (status !== 0) console.log(stdout.slice(-4000));
    baselines.set(key, status === 0);
  }
  return baselines.get(key);
}

const baselines = new Map();
let survived = 0;
try {
  for (const name of copied) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const { name, file, find, replace, tests, config } of sabotages) {
    if (only.length > 0 && !only.some((word) => name.includes(word))) continue;
    const baseline = greenWithout(tests, config);
    if (!baseline) {
      console.log(`RED       ${name}: its tests fail without any sabotage`);
      survived += 1;
      continue;
    }
    const path = join(copy, file);
    const original = readFileSync(path, 'utf8');
    if (original.split(find).length !== 2) {
      console.log(`STALE     ${name}: the text to remove stands ${original.split(find).length - 1} times in ${file}`);
      survived += 1;
      continue;
    }
    writeFileSync(
      path,
      original.replace(find, () => replace),
    );
    const { status, stdout } = runTests(tests, config);
    writeFileSync(path, original);
    const ranTests = /Tests\s.*\d+ (?:failed|passed)/.test(stripVTControlCharacters(stdout));
    const isCaught = status !== 0 && ranTests;
    if (!isCaught) survived += 1;
    console.log(`${isCaught ? 'caught   ' : 'SURVIVED '} ${name}`);
    if (!isCaught && !ranTests) console.log(stdout.slice(-2000));
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(survived === 0 ? 'every sabotage was caught' : `${survived} sabotages were not caught`);
process.exitCode = survived === 0 ? 0 : 1;
