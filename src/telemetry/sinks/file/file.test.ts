import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entriesOf } from '../../../testing/sink-under-test.js';
import { type TemporaryFolder, temporaryFolder } from '../../../testing/temporary-folder.js';
import { accessSinkContract } from '../../access-sink.contract.js';
import { createFileSink } from './file.js';

accessSinkContract({ describe, test, skip: test.skip }, 'file', async () => {
  const folder = temporaryFolder();
  mkdirSync(folder.path('logs'));
  const path = folder.path('logs/access.log');
  const sink = createFileSink(path);
  return {
    subject: {
      sink,
      arrived: async () => entriesOf(readFileSync(path, 'utf8')),
      setDown: (isDown) => {
        const [from, to] = isDown ? ['logs', 'away'] : ['away', 'logs'];
        renameSync(folder.path(from), folder.path(to));
      },
    },
    dispose: async () => {
      await sink.close();
      folder.remove();
    },
  };
});

const entry = {
  event: 'lost',
  time: '2030-01-01T00:00:00.000Z',
  level: 'warn',
  principal: 'p',
  process: 1,
  environment: 'test',
  count: 1,
} as const;

describe('the file of the access log', () => {
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  test('is made at the first entry, for its owner only', async () => {
    const sink = createFileSink(folder.path('access.log'));
    expect(existsSync(folder.path('access.log'))).toBe(false);
    await sink.write([entry]);
    expect(statSync(folder.path('access.log')).mode & 0o777).toBe(0o600);
    await sink.close();
  });

  test('a line that was cut off by a crash does not spoil the next one', async () => {
    const path = folder.write('access.log', '{"v":1,"event":"acc');
    const sink = createFileSink(path);
    await sink.write([entry]);
    await sink.close();
    const [torn, ...rest] = readFileSync(path, 'utf8').split('\n');
    expect(torn).toBe('{"v":1,"event":"acc');
    expect(entriesOf(rest.join('\n'))).toEqual([entry]);
  });

  test('a file that was moved away is followed by a new one', async () => {
    const path = folder.path('access.log');
    const sink = createFileSink(path);
    await sink.write([entry]);
    renameSync(path, `${path}.1`);
    await sink.write([{ ...entry, count: 2 }]);
    await sink.close();
    expect(entriesOf(readFileSync(`${path}.1`, 'utf8'))).toEqual([entry]);
    expect(entriesOf(readFileSync(path, 'utf8'))).toEqual([{ ...entry, count: 2 }]);
  });

  test('two writers share one file', async () => {
    const path = folder.path('access.log');
    const sinks = [createFileSink(path), createFileSink(path)];
    for (let round = 0; round < 20; round += 1) {
      for (const sink of sinks) await sink.write([{ ...entry, count: round }]);
    }
    await Promise.all(sinks.map((sink) => sink.close()));
    expect(entriesOf(readFileSync(path, 'utf8'))).toHaveLength(40);
  });

  test.each([
    ['a symbolic link', () => symlinkSync(folder.write('target', ''), folder.path('access.log'))],
    ['a file that others may read', () => chmodSync(folder.write('access.log', ''), 0o644)],
    ['a file that holds something else', () => void folder.write('access.log', 'DATABASE_URL=postgres://')],
    ['a pipe', () => folder.pipe('access.log')],
    ['a folder', () => void folder.write('access.log/inside', '')],
  ])('%s is refused and stays as it is', async (_, make) => {
    make();
    const sink = createFileSink(folder.path('access.log'));
    await expect(sink.write([entry])).rejects.toMatchObject({ code: 'config' });
    rmSync(folder.path('access.log'), { recursive: true });
    writeFileSync(folder.path('access.log'), '', { mode: 0o600 });
    await sink.write([entry]);
    await sink.close();
  });
});
