import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Laptop } from './cli.js';

let laptop: Laptop;

beforeEach(async () => {
  laptop = await Laptop.initialised();
});
afterEach(() => laptop.remove());

const config = (entry: string) =>
  `cache: { ttl: 0s, maxStale: 0s }\nsecrets: { ${entry}: { rotator: { random: "hex:32" } } }\n`;

test('a service does what is due, reads its configuration again, and ends at SIGTERM with 0', async () => {
  const found = laptop.read('keyward.yaml').replace(/^secrets:.*/ms, '');
  laptop.write('keyward.yaml', found + config('app/first'));
  await laptop.ok(['set', 'app/first', '--meta', 'last_rotated=2020-01-01'], { stdin: 'before' });
  await laptop.ok(['set', 'app/second', '--meta', 'last_rotated=2020-01-01'], { stdin: 'before' });
  const service = laptop.start(['rotate', '--watch']);
  const ended = new Promise((resolve) => service.once('close', resolve));
  const lines = createInterface({ input: service.stdout ?? process.stdin })[Symbol.asyncIterator]();
  const until = async (event: string) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`ended before ${event}`);
      const line: Record<string, unknown> = JSON.parse(value);
      if (line['event'] === event) return line;
    }
  };
  await until('ready');
  expect(await until('rotated')).toMatchObject({ path: 'app/first', state: 'promoted' });
  laptop.write('keyward.yaml', `${found}${config('app/second')}nonsense: 1\n`);
  expect(await until('failed')).toMatchObject({ code: 'config' });
  laptop.write('keyward.yaml', found + config('app/second'));
  await until('reloaded');
  expect(await until('rotated')).toMatchObject({ path: 'app/second', state: 'promoted' });
  service.kill('SIGTERM');
  await until('stopped');
  expect(await ended).toBe(0);
  expect((await laptop.ok(['get', 'app/second', '--reveal'])).stdout).not.toContain('before');
});
