import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lookupNames } from '../../core/environment-names.js';
import { emptyInventory } from '../../core/inventory.js';
import { payloadText } from '../../core/payload.js';
import { providerContract } from '../../core/provider.contract.js';
import { parseRef } from '../../core/ref.js';
import { parseDotenv } from '../../formats/dotenv.js';
import { formatDotenv } from '../../formats/format-dotenv.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { createDotenvProvider, type DotenvProviderOptions } from './dotenv.js';
import { referencesIn } from './dotenv-files.js';

const runner = { describe, test, skip: test.skip };

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function provider(options: Partial<DotenvProviderOptions> = {}) {
  return createDotenvProvider({
    name: 'dotenv',
    folder: folder.path('.'),
    isProduction: false,
    inventory: emptyInventory,
    ...options,
  });
}

const read = async (ref: string, options?: Partial<DotenvProviderOptions>) => {
  const payload = (await provider(options).read(parseRef(ref)))?.payload;
  return payload && payloadText(payload);
};

providerContract(
  runner,
  'dotenv',
  async () => {
    const file = folder.write('.env', '');
    return {
      subject: {
        provider: provider(),
        seed: async (path, payload) => {
          const values = new Map(
            parseDotenv(readFileSync(file, 'utf8')).entries.map(({ name, value }) => [name, value]),
          );
          writeFileSync(file, formatDotenv(values.set(lookupNames({ path })[0] ?? '', payloadText(payload))));
        },
      },
    };
  },
  [
    { test: 'gives binary back exactly', reason: 'a .env file holds text' },
    { test: 'keeps paths apart that differ in case only', reason: 'names of variables are upper-case' },
    { test: 'keeps every character that a path may have', reason: 'names of variables are letters, digits and _' },
  ],
);

describe('the files', () => {
  test('a later file wins: .env, then .env.local, then that of the environment', async () => {
    folder.write('.env', 'A_A=env\nB_B=env\nC_C=env\n');
    folder.write('.env.local', 'B_B=local\nC_C=local\n');
    folder.write('.env.test', 'C_C=test\n');
    folder.write('.env.staging', 'C_C=staging\n');
    const options = { environment: 'test' };
    expect(await Promise.all(['a/a', 'b/b', 'c/c'].map((path) => read(path, options)))).toEqual([
      'env',
      'local',
      'test',
    ]);
    expect(await read('c/c')).toBe('local');
  });

  test('without any default file everything is absent, and that is healthy', async () => {
    expect(await read('a/a')).toBeUndefined();
    expect((await provider().health()).status).toBe('healthy');
  });

  test('a file that is listed must exist', async () => {
    folder.write('.env', 'A_A=default');
    const options = { files: ['.env.secrets'] };
    await expect(read('a/a', options)).rejects.toMatchObject({ code: 'config', store: folder.path('.env.secrets') });
    folder.write('.env.secrets', 'A_A=listed');
    expect(await read('a/a', options)).toBe('listed');
  });

  test('one error in any file refuses them all, by file, line and column', async () => {
    folder.write('.env', 'A_A=x\n');
    folder.write('.env.local', '# fine\nCANARY\n');
    const error = await read('a/a').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid' });
    expect(String(error)).toContain('.env.local:2:1: ');
    expect(String(error)).not.toContain('CANARY');
    expect((await provider().health()).status).toBe('unhealthy');
  });

  test('a default file that is a link out of the folder is refused, naming the link', async () => {
    const outside = folder.write('other/.env', 'A_A=of another project');
    folder.write('project/nested/.env', 'A_A=inside');
    const options = { folder: folder.path('project') };
    const link = folder.path('project/.env');
    symlinkSync(outside, link);
    await expect(read('a/a', options)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(link),
    });
    expect((await provider(options).health()).status).toBe('unhealthy');
    expect(await read('a/a', { ...options, files: ['.env'] })).toBe('of another project');
    rmSync(link);
    symlinkSync('nested/.env', link);
    expect(await read('a/a', options)).toBe('inside');
  });

  test('a default file that lies behind a linked folder outside is refused, a folder that is itself a link is not', async () => {
    folder.write('other/env', 'A_A=of another project');
    folder.write('project/.env.local', 'A_A=inside');
    symlinkSync('project', folder.path('alias'));
    expect(await read('a/a', { folder: folder.path('alias') })).toBe('inside');
    symlinkSync(folder.path('other'), folder.path('project/.env.x'));
    const options = { folder: folder.path('project'), environment: 'x/env' };
    await expect(read('a/a', options)).rejects.toMatchObject({ code: 'config' });
  });

  test('what cannot be read is an error, never absence', async () => {
    folder.write('.env/inside', 'x');
    await expect(read('a/a')).rejects.toMatchObject({ code: 'config' });
  });

  test('a batch reads the files once and sees one state', async () => {
    folder.write('.env', 'A_A=1\nB_B=2\n');
    const answers = await provider().readMany([parseRef('a/a'), parseRef('b/b'), parseRef('c/c')]);
    expect(answers.map((answer) => answer && 'payload' in answer && payloadText(answer.payload))).toEqual([
      '1',
      '2',
      undefined,
    ]);
  });
});

describe('NAME_FILE in a .env file', () => {
  test('is relative to the folder of the file, and must stay in it', async () => {
    folder.write('.env', 'A_A_FILE=./keys/a\nB_B_FILE=../outside\nC_C_FILE=/etc/hostname\nD_D_FILE=link\n');
    folder.write('keys/a', 'from file\n');
    symlinkSync('/etc/hostname', folder.path('link'));
    expect(await read('a/a')).toBe('from file');
    for (const path of ['b/b', 'c/c', 'd/d']) await expect(read(path)).rejects.toMatchObject({ code: 'config' });
  });

  test('a NAME in a later file wins over it, and the other way round; in one file they contradict each other', async () => {
    folder.write('key', 'from file');
    folder.write('.env', 'A_A_FILE=key\nB_B=direct\nC_C=x\nC_C_FILE=key\n');
    folder.write('.env.local', 'A_A=local\nB_B_FILE=key\n');
    expect(await read('a/a')).toBe('local');
    expect(await read('b/b')).toBe('from file');
    await expect(read('c/c')).rejects.toMatchObject({ code: 'config' });
  });
});

describe('in production', () => {
  test('it refuses, with all five reasons, before any file is read', async () => {
    folder.write('.env', 'not a .env file');
    const error = await read('a/a', { isProduction: true }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'config', advice: expect.stringContaining('allowInProduction') });
    for (const reason of ['version control', 'process listings', 'logged', 'every process', 'rotate']) {
      expect(String(error)).toContain(reason);
    }
    expect((await provider({ isProduction: true }).health()).status).toBe('unhealthy');
  });

  test('it reads where that is allowed, and warns', async () => {
    folder.write('.env', 'A_A=x');
    const options = { isProduction: true, allowInProduction: true };
    expect(await read('a/a', options)).toBe('x');
    expect((await provider(options).health()).findings).toMatchObject([{ severity: 'warning' }]);
  });
});

describe('references', () => {
  const references = (options = {}) =>
    referencesIn({ folder: folder.path('.'), environment: 'test', isProduction: false, ...options });

  test('are the variables whose last setting is one, with file and line', async () => {
    folder.write('.env', 'PLAIN=x\nTOKEN=keyward://app/token\nLOCAL=keyward://app/local\nODD=KEYWARD://app/odd\n');
    folder.write('.env.local', 'LOCAL=x\n');
    folder.write('.env.test', '# the last\nTOKEN=keyward://app/other\n');
    expect(await references()).toEqual(
      new Map([
        ['TOKEN', { value: 'keyward://app/other', where: `${folder.path('.env.test')}:2` }],
        ['ODD', { value: 'KEYWARD://app/odd', where: `${folder.path('.env')}:4` }],
      ]),
    );
    expect(await read('app/token')).toBeUndefined();
    expect(await read('app/local')).toBe('x');
  });

  test('are not looked for in files that hold none, whatever else is in them', async () => {
    folder.write('.env', 'not a .env file\n');
    expect(await references()).toEqual(new Map());
    folder.write('.env.local', 'TOKEN=keyward://app/token\n');
    await expect(references()).rejects.toMatchObject({ code: 'invalid' });
  });

  test('are not read in production unless the files are', async () => {
    folder.write('.env', 'TOKEN=keyward://app/token\n');
    expect(await references({ isProduction: true })).toEqual(new Map());
    expect([...(await references({ isProduction: true, allowInProduction: true })).keys()]).toEqual(['TOKEN']);
  });
});

test('health warns of files that others can read, and of lines that other tools read differently', async () => {
  const path = folder.write('.env', 'A_A=b#c\n');
  chmodSync(path, 0o644);
  expect((await provider().health()).findings).toMatchObject([
    { severity: 'warning', where: `${path}:1:5` },
    { severity: 'warning', where: path, fix: `Run: chmod 600 ${path}` },
  ]);
});
