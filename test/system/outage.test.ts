import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Laptop } from './cli.js';

let laptop: Laptop;

beforeEach(() => {
  laptop = new Laptop();
  const lines = [
    'environment: development',
    'providers:',
    '  - files: { root: ./not-mounted }',
    'secrets: { app/x: {} }',
  ];
  writeFileSync(join(laptop.project, 'keyward.yaml'), `${lines.join('\n')}\n`, { mode: 0o644 });
});
afterEach(() => laptop.remove());

describe('a store that is out of reach, in a process of its own', () => {
  test.each([
    ['get', ['get', 'app/x']],
    ['get with a default', ['get', 'app/x', '--default', 'fallback']],
    ['run', ['run', '--', 'node', '-e', 'console.log("started")']],
  ])('ends %s with status 5 and the reason, after the retries were waited for', async (_name, args) => {
    const { status, stdout, stderr } = await laptop.spawn(args);
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toContain('not-mounted does not exist');
  });

  test('is explained, and shown as unhealthy', async () => {
    const explained = await laptop.spawn(['explain', 'app/x']);
    expect(explained).toMatchObject({ status: 1, stdout: expect.stringContaining('unavailable') });
    const status = await laptop.spawn(['status', '--json']);
    expect(status.status).toBe(1);
    expect(JSON.parse(status.stdout)).toMatchObject({ status: 'unhealthy' });
  });
});
