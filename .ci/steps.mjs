// Runs every step, goes on after a failed one, and prints as its last line what passed and what failed. A test suite
// counts each of its tests, any other step counts as one.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const scratch = mkdtempSync(join(tmpdir(), 'keyward-ci-'));
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function step(title, command, args, env = {}) {
  console.log(`\n=== ${title}`);
  const started = Date.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return ended(title, status, started);
}

function ended(title, status, started) {
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`=== ${title}: ${status === 0 ? 'ok' : `failed (${status})`} after ${seconds} s`);
  if (status !== 0) failures.push(title);
  return status === 0;
}

/** A check that runs beside the next steps. What it prints comes when it is awaited. */
function besides(title, command, args) {
  const started = Date.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const closed = once(child, 'close');
  return async () => {
    const [status] = await closed;
    console.log(`\n=== ${title}\n${output}`);
    totals[ended(title, status, started) ? 'passed' : 'failed'] += 1;
  };
}

function check(title, command, args, env) {
  totals[step(title, command, args, env) ? 'passed' : 'failed'] += 1;
}

function suite(title, command, args, env) {
  const report = join(scratch, `${title.replaceAll(/[^a-z0-9]+/gi, '-')}.json`);
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const ok = step(title, command, [...args, ...reporters], env);
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += numPassedTests;
    totals.failed += numFailedTests === 0 && !ok ? 1 : numFailedTests;
    totals.skipped += numPendingTests + numTodoTests;
  } catch {
    totals.failed += 1;
  }
}

/** Another version of Node, from its platform package; `undefined` when it cannot be had. */
function otherNode(version) {
  const prefix = join(scratch, `node-${version}`);
  const name = `node-${process.platform}-${process.arch}`;
  const args = ['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  const installed = step(`install Node ${version}`, 'npm', [...args, `${name}@${version}`]);
  return installed ? join(prefix, 'node_modules', name, 'bin') : undefined;
}

const emptyHome = { HOME: join(scratch, 'home') };

check('formatting and lint', 'npx', ['biome', 'ci', '--colors=off', '.']);
check('types', 'npx', ['tsc', '-p', '.']);
check('unused files, exports and dependencies', 'npx', ['knip']);
suite('tests', 'npm', ['test', '--'], emptyHome);
check('guided tour', 'npm', ['start'], emptyHome);
check('package', 'npm', ['run', '--silent', 'check:package']);
suite('integrations', 'npm', ['run', 'test:integrations', '--']);
suite('faults', 'npm', ['run', 'test:faults', '--']);
// Both wait for others most of the time.
const sabotage = besides('sabotage', 'node', ['test/sabotage/run.mjs']);
suite('backends', 'npm', ['run', 'test:backends', '--']);
check('benches run', 'npm', ['run', '--silent', 'bench', '--', '--quick']);
for (const version of ['20.19.0', '22.23.3', '24.21.0']) {
  const folder = otherNode(version);
  if (folder === undefined) totals.failed += 1;
  else
    suite(`tests on Node ${version}`, 'node', ['node_modules/vitest/vitest.mjs', 'run'], {
      ...emptyHome,
      PATH: `${folder}:${process.env.PATH}`,
    });
}
await sabotage();

rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed === 0 && failures.length === 0 ? 0 : 1;
