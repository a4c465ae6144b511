import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { root } from './source-tree.js';

test("the table of exchanges is what ccxt's catalogue says", () => {
  const check = spawnSync(process.execPath, ['build/exchange-table.mjs', '--check'], { cwd: root, encoding: 'utf8' });
  expect(check.stderr).toBe('');
  expect(check.status).toBe(0);
});
