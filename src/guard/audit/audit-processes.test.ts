import { fork } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { silentObserver } from '../../core/observer.js';
import { createLmdbSequencer } from '../../store/physical/lmdb/lmdb-sequencer.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { openAuditLog } from './open-audit-log.js';

const repository = join(import.meta.dirname, '../../..');

const writer = `
import { openAuditLog } from './src/guard/audit/open-audit-log.ts';
import { createLmdbSequencer } from './src/store/physical/lmdb/lmdb-sequencer.ts';
import { systemClock } from './src/core/clock.ts';
import { silentObserver } from './src/core/observer.ts';

const [folder, name] = process.argv.slice(2);
const clock = {
  ...systemClock,
  after: (ms, callback, options) => systemClock.after(ms < 2000 ? ms : 30 * ms, callback, options),
};
const log = await openAuditLog({
  folder: folder + '/audit', storeId: 'shared', sealKeys: [new Uint8Array(32).fill(7)], clock,
  sequencer: createLmdbSequencer({ folder: folder + '/sequencer', clock }), volumeBytes: 50_000,
  observer: silentObserver, onSealed: (reason) => { throw reason; },
});
const entry = (path) => ({ kind: 'access', actor: 'a', source: 's', operation: 'o', path, details: {} });
for (let number = 0; ; number += 1) {
  const paths = Array.from({ length: 4 }, (_, lane) => name + '/' + number + '/' + lane);
  await Promise.all(paths.map((path, lane) => log.append(entry(path), lane === 0 ? 'synced' : 'written')));
  process.send(paths);
}
`;

let temporary: TemporaryFolder;
let program: string;

beforeAll(async () => {
  temporary = temporaryFolder();
  program = temporary.path('writer.mjs');
  symlinkSync(join(repository, 'node_modules'), temporary.path('node_modules'));
  await build({
    stdin: { contents: writer, resolveDir: repository, loader: 'js' },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
});

afterAll(() => temporary.remove());

/** Everything that the writer was told is recorded, until it is killed after so many answers. */
async function writeUntilKilled(name: string, answers: number): Promise<readonly string[]> {
  const child = fork(program, [temporary.path('log'), name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const acknowledged: string[] = [];
  let left = answers;
  child.on('message', (paths: string[]) => {
    acknowledged.push(...paths);
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  return acknowledged;
}

describe('processes that are killed while they write one log', () => {
  test('leave one unbroken chain with everything that any of them was told is recorded', async () => {
    temporary.write('log/.keep', '');
    const lanes = [0, 1, 2].map(async (lane) => {
      const acknowledged: string[] = [];
      for (let round = 0; round < 3; round += 1) {
        acknowledged.push(...(await writeUntilKilled(`p${lane}-${round}`, 5 + 17 * round + lane)));
      }
      return acknowledged;
    });
    const acknowledged = (await Promise.all(lanes)).flat();

    const sequencer = createLmdbSequencer({ folder: temporary.path('log/sequencer') });
    const log = await openAuditLog({
      folder: temporary.path('log/audit'),
      storeId: 'shared',
      sealKeys: [new Uint8Array(32).fill(7)],
      sequencer,
      clock: systemClock,
      volumeBytes: 50_000,
      observer: silentObserver,
      onSealed: () => {},
    });
    await log.checkpoint();
    expect(await log.verify()).toMatchObject({ status: 'ok', firstProblem: undefined });
    const recorded = (await log.show({ limit: 100_000 })).map((record) => record.path);
    expect(acknowledged.length).toBeGreaterThan(500);
    expect(acknowledged.filter((path) => !recorded.includes(path))).toEqual([]);
    expect(new Set(recorded.filter((path) => path !== undefined)).size).toBe(
      recorded.filter((path) => path !== undefined).length,
    );
    await log.close();
    await sequencer.close();
  }, 120_000);
});
