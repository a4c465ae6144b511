import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { currentProcess, isRunning } from './process-identity.js';

test('this process runs, and says the same of itself every time', () => {
  expect(isRunning(currentProcess())).toBe(true);
  expect(currentProcess()).toEqual(currentProcess());
});

test('another process that now has the number is not the one that was meant', () => {
  expect(isRunning({ pid: process.pid, startedAt: 'another start' })).toBe(false);
});

test('a process that ended does not run', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const pid = child.pid ?? 0;
  expect(pid).toBeGreaterThan(0);
  child.stdin.end();
  await once(child, 'exit');
  expect(isRunning({ pid, startedAt: currentProcess().startedAt })).toBe(false);
});

test.each([0, -1, 1.5, Number.NaN])('%s is no process', (pid) => {
  expect(isRunning({ pid, startedAt: 'x' })).toBe(false);
});
