// Runs every step, goes on after a failed one, and prints as its last line what passed and what failed. A test suite
// counts each of its tests, any other step counts as one. Three rows of steps run side by side, since each waits for other
// programs much of the time. Every suite builds what it tests: so all but one row works on copies.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'keyward-ci-'));
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

/** What a step prints comes at its end, so that the rows do not mix. */
async function step(title, command, args, { env = {}, cwd = root } = {}) {
  const started = Date.now();
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const [status] = await once(child, 'close').catch((error) => [error.message]);
  const seconds = Math.round((Date.now() - started) / 1000);
  process.stdout.write(`\n=== ${title}\n`);
  process.stdout.write(Buffer.concat(output));
  console.log(`=== ${title}: ${status === 0 ? 'ok' : `failed (${status})`} after ${seconds} s`);
  if (status !== 0) failures.push(title);
  return status === 0;
}

async function check(title, command, args, options) {
  totals[(await step(title, command, args, options)) ? 'passed' : 'failed'] += 1;
}

async function suite(title, command, args, options) {
  const report = join(scratch, `${title.replaceAll(/[^a-z0-9]+/gi, '-')}.json`);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const ok = await step(title, command, [...args, ...reporters], options);
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += numPassedTests;
    totals.failed += numFailedTests === 0 && !ok ? 1 : numFailedTests;
    totals.skipped += numPendingTests + numTodoTests;
  } catch {
    totals.failed += 1;
  }
}

/** A copy of the checkout below the folder, with a home of its own. */
function copied(folder) {
  const cwd = join(folder, 'checkout');
  const left = ['node_modules', '.backends', 'dist'].map((entry) => join(root, entry));
  cpSync(root, cwd, { recursive: true, filter: (path) => !left.includes(path) });
  symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'));
  const shared = join(root, '../shared');
  if (existsSync(shared)) symlinkSync(realpathSync(shared), join(folder, 'shared'));
  return { cwd, env: { HOME: join(folder, 'home') } };
}

/** What every command says and where no value gets: a third of the time, and the same on a Node between two others. */
const tellsOfCommands = ['test/leaks/**', 'test/system/cases.test.ts'].flatMap((pattern) => ['--exclude', pattern]);

/** The tests on another version of Node, from its platform package. */
async function testsOnNode(version, left = []) {
  const folder = join(scratch, `node-${version}`);
  const name = `node-${process.platform}-${process.arch}`;
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  if (!(await step(`install Node ${version}`, 'npm', [...args, `${name}@${version}`]))) {
    totals.failed += 1;
    return;
  }
  const { cwd, env } = copied(folder);
  const PATH = `${join(folder, 'node_modules', name, 'bin')}:${process.env.PATH}`;
  await suite(`tests on Node ${version}`, 'node', ['node_modules/vitest/vitest.mjs', 'run', ...left], {
    env: { ...env, PATH },
    cwd,
  });
}

async function tests() {
  await suite('tests', 'npm', ['test', '--'], copied(join(scratch, 'tests')));
  await testsOnNode('20.19.0', tellsOfCommands);
  await testsOnNode('22.23.3', tellsOfCommands);
  await testsOnNode('24.21.0');
}

async function suitesOfOtherPrograms() {
  await suite('integrations', 'npm', ['run', 'test:integrations', '--']);
  await suite('faults', 'npm', ['run', 'test:faults', '--']);
  await suite('backends', 'npm', ['run', 'test:backends', '--']);
  await check('benches run', 'npm', ['run', '--silent', 'bench', '--', '--quick']);
}

async function sabotage() {
  await check('two builds are the same package', 'npm', ['run', '--silent', 'check:reproducible']);
  await check('sabotage', 'node', ['test/sabotage/run.mjs']);
}

await check('formatting and lint', 'npx', ['biome', 'ci', '--colors=off', '.']);
await check('types', 'npx', ['tsc', '-p', '.']);
await check('unused files, exports and dependencies', 'npx', ['knip']);
await check('guided tour', 'npm', ['start'], { env: { HOME: join(scratch, 'home') } });
await check('package', 'npm', ['run', '--silent', 'check:package']);
await Promise.all([tests(), suitesOfOtherPrograms(), sabotage()]);

rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed === 0 && failures.length === 0 ? 0 : 1;
