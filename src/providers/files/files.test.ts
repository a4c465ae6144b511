import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isKeywardError } from '../../core/errors.js';
import { bareEntry, emptyInventory } from '../../core/inventory.js';
import { type Directory, parsePath } from '../../core/path.js';
import { fieldsOf, payloadText } from '../../core/payload.js';
import { providerContract } from '../../core/provider.contract.js';
import { parseRef } from '../../core/ref.js';
import { FileTree } from '../../host/file-tree.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { createFilesProvider, type FilesProviderOptions } from './files.js';

const runner = { describe, test, skip: test.skip };

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function provider(options: Partial<FilesProviderOptions> = {}) {
  return createFilesProvider({ name: 'files', root: folder.path('.'), inventory: emptyInventory, ...options });
}

async function read(ref: string, options?: Partial<FilesProviderOptions>) {
  const payload = (await provider(options).read(parseRef(ref)))?.payload;
  if (payload === undefined || payload.kind === 'binary') return payload?.bytes;
  const fields = [...fieldsOf(payload)].map(([name, field]) => [name, payloadText(field)] as const);
  return fields.length === 1 && fields[0]?.[0] === 'value' ? fields[0][1] : Object.fromEntries(fields);
}

async function namesIn(directory: string, options?: Partial<FilesProviderOptions>): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const path of provider(options).list(directory as Directory)) names.push(path);
  return names.sort();
}

const caseDeviation =
  process.platform === 'darwin'
    ? [{ test: 'keeps paths apart that differ in case only', reason: 'the file system of macOS does not' }]
    : [];
const folderDeviation = { test: 'does not take a folder for a secret', reason: 'a folder of files is a document' };

for (const exact of [false, true]) {
  const rule = exact ? 'every byte counts' : 'one final newline is dropped';
  providerContract(
    runner,
    `files, where ${rule}`,
    async () => ({
      subject: {
        provider: provider({ exact }),
        seed: async (path, { bytes }) => {
          folder.write(path, exact ? bytes : Uint8Array.from([...bytes, 0x0a]));
        },
      },
    }),
    [folderDeviation, ...caseDeviation],
  );
}

describe('where a secret lies', () => {
  test('in the file at its path', async () => {
    folder.write('trading/binance_api_key', 'x\n');
    expect(await read('trading/binance_api_key')).toBe('x');
  });

  test.each(['binance_api_key', 'binance-api-key', 'BINANCE_API_KEY', 'exchange_binance_api_key'])(
    'in a flat file called %s',
    async (name) => {
      folder.write(name, 'x\n');
      expect(await read('exchange/binance/api_key')).toBe('x');
      expect(await read('exchange/binance#api_key')).toEqual({ api_key: 'x' });
    },
  );

  test('in a flat file with another spelling of the field', async () => {
    folder.write('binance_secret_key', 's\n');
    expect(await read('exchange/binance/api_secret')).toBe('s');
  });

  test('not in a flat file with a generic name', async () => {
    folder.write('api_key', 'x');
    folder.write('password', 'x');
    for (const path of ['exchange/binance/api_key', 'database/redis/password']) {
      expect(await read(path)).toBeUndefined();
    }
  });

  test('under the name that the inventory gives, and then under no other flat one', async () => {
    const path = parsePath('database/postgres/password');
    const inventory = new Map([[path, { ...bareEntry(path), env: ['PGPASSWORD'] }]]);
    folder.write('postgres_password', 'derived');
    expect(await read(path, { inventory })).toBeUndefined();
    folder.write('pgpassword', 'explicit');
    expect(await read(path, { inventory })).toBe('explicit');
  });

  test('in the file at its path before any flat one', async () => {
    folder.write('exchange/binance/api_key', 'nested');
    folder.write('binance_api_key', 'flat');
    expect(await read('exchange/binance/api_key')).toBe('nested');
  });

  test('below the prefix', async () => {
    folder.write('production/app/jwt', 'nested');
    folder.write('production/app_key', 'flat');
    folder.write('app/jwt', 'outside');
    const options = { prefix: parsePath('production') };
    expect(await read('app/jwt', options)).toBe('nested');
    expect(await read('app/key', options)).toBe('flat');
    expect(await namesIn('', options)).toEqual(['app/jwt', 'app_key']);
  });
});

describe('documents', () => {
  test('a folder is a document of its files, without hidden ones and folders', async () => {
    folder.write('exchange/kraken/api_key', 'k\n');
    folder.write('exchange/kraken/api_secret', 's\n');
    folder.write('exchange/kraken/.gitkeep', '');
    folder.write('exchange/kraken/deeper/x', '');
    expect(await read('exchange/kraken')).toEqual({ api_key: 'k', api_secret: 's' });
    expect(await read('exchange/kraken#api_key')).toEqual({ api_key: 'k' });
    expect(await read('exchange/kraken#absent')).toBeUndefined();
  });

  test('the inventory limits a folder to the fields that it lists', async () => {
    const path = parsePath('exchange/kraken');
    folder.write('exchange/kraken/api_key', 'k');
    folder.write('exchange/kraken/notes', 'n');
    const inventory = new Map([[path, { ...bareEntry(path), fields: ['api_key', 'api_secret'] }]]);
    expect(await read(path, { inventory })).toEqual({ api_key: 'k' });
  });

  test('flat files make the document of an exchange', async () => {
    folder.write('okx_api_key', 'k');
    folder.write('okx_secret_key', 's');
    folder.write('okx_passphrase', 'p');
    expect(await read('exchange/okx')).toEqual({ api_key: 'k', api_secret: 's', passphrase: 'p' });
  });

  test('a JSON file has fields', async () => {
    folder.write('exchange/binance', '{"api_key":"k"}\n');
    expect(await read('exchange/binance#api_key')).toEqual({ api_key: 'k' });
    expect(await read('exchange/binance/api_key')).toBeUndefined();
  });

  test('a binary file in the folder is no field, and no silence', async () => {
    folder.write('tls/key', Uint8Array.of(0xff));
    await expect(read('tls')).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('key') });
    expect(await read('tls/key')).toEqual(Uint8Array.of(0xff));
  });
});

describe('what cannot be looked into is an error, never absence', () => {
  test('a root that is not there, or no folder', async () => {
    await expect(read('a', { root: folder.path('missing') })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(read('a', { root: folder.write('file', 'x') })).rejects.toMatchObject({ code: 'config' });
    expect((await provider({ root: folder.path('missing') }).health()).status).toBe('unhealthy');
  });

  test('a file that is too large', async () => {
    folder.write('a', 'x'.repeat(512 * 1024 + 3));
    await expect(read('a')).rejects.toMatchObject({ code: 'too_large' });
    folder.write('a', `${'x'.repeat(512 * 1024)}\r\n`);
    expect(await read('a')).toHaveLength(512 * 1024);
  });

  test('a named pipe, without waiting for a writer', async () => {
    folder.pipe('a');
    await expect(read('a')).rejects.toMatchObject({ code: 'config' });
  });

  test('a link in a circle', async () => {
    symlinkSync('b', folder.path('a'));
    symlinkSync('a', folder.path('b'));
    await expect(read('a')).rejects.toMatchObject({ code: 'config' });
  });
});

describe('nothing outside of the root is reached', () => {
  beforeEach(() => {
    folder.write('outside/secret', 'CANARY');
    folder.write('root/inside', 'x');
  });
  const inRoot = () => ({ root: folder.path('root') });

  test('a link out of the root is refused: to a file, through a folder, and to a sibling that begins alike', async () => {
    folder.write('root-2/secret', 'CANARY');
    symlinkSync('../outside/secret', folder.path('root/file'));
    symlinkSync(folder.path('outside'), folder.path('root/folder'));
    symlinkSync('../root-2', folder.path('root/sibling'));
    for (const path of ['file', 'folder/secret', 'sibling/secret', 'folder']) {
      await expect(read(path, inRoot()), path).rejects.toMatchObject({ code: 'config' });
    }
    await expect(namesIn('', inRoot())).rejects.toMatchObject({ code: 'config' });
    expect((await provider(inRoot()).health()).findings).toMatchObject([{ severity: 'error' }]);
  });

  test('a generation link out of the root is refused', async () => {
    symlinkSync('../outside', folder.path('root/..data'));
    await expect(read('secret', inRoot())).rejects.toMatchObject({ code: 'config' });
  });

  test('a link that stays inside is followed', async () => {
    symlinkSync('inside', folder.path('root/link'));
    expect(await read('link', inRoot())).toBe('x');
  });

  test('a root that is itself a link is the folder that it leads to', async () => {
    symlinkSync('root', folder.path('link'));
    expect(await read('inside', { root: folder.path('link') })).toBe('x');
  });

  test('a link to the folder that it lies in is listed once', async () => {
    symlinkSync('.', folder.path('root/self'));
    expect(await namesIn('', inRoot())).toEqual(['inside']);
  });
});

describe('a volume that Kubernetes mounts', () => {
  const publish = (mount: string, generation: string, files: Readonly<Record<string, string>>) => {
    for (const [name, content] of Object.entries(files)) folder.write(`${mount}/..${generation}/${name}`, content);
    symlinkSync(`..${generation}`, folder.path(`${mount}/..data_tmp`));
    renameSync(folder.path(`${mount}/..data_tmp`), folder.path(`${mount}/..data`));
    for (const name of Object.keys(files)) {
      const top = name.split('/')[0] ?? '';
      rmSync(folder.path(`${mount}/${top}`), { force: true });
      symlinkSync(`..data/${top}`, folder.path(`${mount}/${top}`));
    }
  };

  test('is read through its link, as the root and below it, files and folders', async () => {
    publish('.', '2030_01', { binance_api_key: 'k', 'exchange/kraken/api_key': 'n' });
    publish('volumes/database', '2030_02', { password: 'p', user: 'u' });
    expect(await read('exchange/binance/api_key')).toBe('k');
    expect(await read('exchange/kraken/api_key')).toBe('n');
    expect(await read('database/password', { root: folder.path('volumes') })).toBe('p');
    expect(await read('database', { root: folder.path('volumes') })).toEqual({ password: 'p', user: 'u' });
  });

  test('lists the names of the present generation only', async () => {
    publish('.', '2030_01', { old: 'x' });
    publish('.', '2030_02', { new: 'x', 'nested/key': 'y' });
    expect(await namesIn('')).toEqual(['nested/key', 'new']);
    expect(await namesIn('nested')).toEqual(['nested/key']);
  });

  test('cannot be asked for an old generation by name', async () => {
    publish('.', '2030_01', { key: 'x' });
    expect(await read('..2030_01/key')).toBeUndefined();
    expect(await read('..data/key')).toBeUndefined();
  });

  test('shows the next generation at the next read', async () => {
    publish('.', '2030_01', { key: 'one' });
    expect(await read('key')).toBe('one');
    publish('.', '2030_02', { key: 'two' });
    rmSync(folder.path('..2030_01'), { recursive: true });
    expect(await read('key')).toBe('two');
  });

  test('that changes while it is looked at is noticed', async () => {
    publish('.', '2030_01', { key: 'one' });
    const tree = await FileTree.open(folder.path('.'));
    await tree.find(['key']);
    expect(await tree.isConsistent()).toBe(true);
    publish('.', '2030_02', { key: 'two' });
    expect(await tree.isConsistent()).toBe(false);
    unlinkSync(folder.path('..data'));
    expect(await tree.isConsistent()).toBe(false);
  });

  test('never gives fields of two generations, and never absence, while it is swapped', async () => {
    publish('exchange/binance', 'g0', { api_key: '0', api_secret: '0' });
    const files = provider();
    const seen = new Set<string>();
    for (let generation = 1; generation <= 60; generation += 1) {
      const reads = [0, 1, 2].map(() => files.read(parseRef('exchange/binance')).catch((error: unknown) => error));
      await new Promise((resolve) => setImmediate(resolve));
      publish('exchange/binance', `g${generation}`, { api_key: `${generation}`, api_secret: `${generation}` });
      rmSync(folder.path(`exchange/binance/..g${generation - 1}`), { recursive: true });
      for (const answer of await Promise.all(reads)) {
        if (isKeywardError(answer, 'unavailable')) continue;
        expect(answer).toHaveProperty('payload');
        const { payload } = answer as { payload: Parameters<typeof fieldsOf>[0] };
        const values = [...fieldsOf(payload).values()].map(payloadText);
        expect(values).toHaveLength(2);
        expect(new Set(values).size).toBe(1);
        seen.add(values.join());
      }
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  test('whose ..data is no link is an ordinary folder', async () => {
    folder.write('..data/key', 'hidden');
    folder.write('key', 'x');
    expect(await read('key')).toBe('x');
  });
});

describe('health', () => {
  test('is without findings where only the owner may read', async () => {
    folder.write('app/key', 'x');
    expect(await provider().health()).toEqual({ status: 'healthy', findings: [] });
  });

  test('tells who else can read or change the files, once for all of them', async () => {
    const root = dirname(folder.write('root/a', 'x'));
    chmodSync(folder.path('root/a'), 0o644);
    chmodSync(folder.write('root/b', 'x'), 0o604);
    chmodSync(folder.write('root/c', 'x'), 0o620);
    mkdirSync(folder.path('root/d'));
    chmodSync(root, 0o777);
    const { findings } = await provider({ root }).health();
    expect(findings.map(({ severity, cause }) => `${severity}: ${cause}`)).toEqual([
      'error: other users can put files into the folder',
      'error: other users can change 1 of its files',
      'warning: every user can read 2 of its files',
    ]);
    expect(findings.every(({ fix }) => fix.includes(root))).toBe(true);
  });
});
