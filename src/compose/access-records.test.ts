import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parsePath } from '../core/path.js';
import { textPayload } from '../core/payload.js';
import { readersOf } from '../lifecycle/access/readers.js';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { readAccessRecords } from './access-records.js';
import { initStore } from './init-store.js';
import { openWorkspace } from './open-workspace.js';
import { storeLocations } from './store-locations.js';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = temporaryFolder();
  await initStore({ locations: storeLocations({ env: {}, home: folder.path('') }), slot: 'keyfile' });
  folder.write('project/.env', 'JWT_SECRET=from-dotenv\n');
  folder.write('project/logs/kept', '');
});
afterEach(() => folder.remove());

const own = 'providers: [{keyward: {prefix: p}}]\nsecrets: { app/own: {} }';
const chain = (audit: string) => `providers: [{keyward: {prefix: p}}, {dotenv: {}}]\naudit: { ${audit} }`;

async function opened(config: string) {
  const home = folder.path('');
  const configFile = folder.write('project/keyward.yaml', config);
  const options = { env: { HOME: home }, home, configFile, environment: 'development', onFinding: () => undefined };
  return openWorkspace({ ...options, cwd: folder.path('project'), role: 'library' });
}

async function records(config: string, files: readonly string[] = []) {
  const workspace = await opened(config);
  try {
    return await readAccessRecords(workspace, { env: {}, home: folder.path(''), files });
  } finally {
    await workspace.close();
  }
}

async function read(config: string, path: string) {
  const workspace = await opened(config);
  await workspace.secrets.get(path);
  await workspace.close();
}

async function writeOwn() {
  const workspace = await opened(own);
  await workspace.writeTarget().write(parsePath('app/own'), { payload: textPayload('value-of-own') });
  await workspace.close();
}

test('every reader of the own store and of others is found, also in rotated parts of the access log', async () => {
  await writeOwn();
  await read(own, 'app/own');
  const log = folder.path('project/logs/access.log');
  for (const name of ['first', 'second', 'third']) {
    await read(chain(`file: logs/access.log, principal: ${name}`), 'app/jwt_secret');
    if (name === 'first') {
      writeFileSync(`${log}.2.gz`, gzipSync(readFileSync(log)));
      writeFileSync(log, '');
    }
    if (name === 'second') renameSync(log, `${log}-20300101`);
  }
  const { accesses, gaps } = await records(chain('file: logs/access.log'));
  expect(gaps).toEqual([]);
  const readers = readersOf(accesses);
  expect(readers.map(({ path, did, principal, store }) => [path, did, principal, store])).toEqual([
    ['app/jwt_secret', 'read', 'first', 'dotenv'],
    ['app/jwt_secret', 'read', 'second', 'dotenv'],
    ['app/jwt_secret', 'read', 'third', 'dotenv'],
    ['app/own', 'read', 'owner', 'keyward'],
    ['app/own', 'wrote', 'owner', 'keyward'],
  ]);
  expect(readers[3]).toMatchObject({ versions: ['1'], sources: [`local:${process.pid}`] });
});

test('what was recorded in the store is found there, under the path of the project', async () => {
  await read(chain('store: true, principal: api'), 'app/jwt_secret');
  const { accesses } = await records(chain('store: true'));
  expect(accesses).toMatchObject([{ path: 'app/jwt_secret', principal: 'api', store: 'dotenv', did: 'read' }]);
});

test('files that were kept elsewhere are read when they are named', async () => {
  await read(chain('file: logs/access.log, principal: elsewhere'), 'app/jwt_secret');
  const moved = folder.path('collected.ndjson');
  renameSync(folder.path('project/logs/access.log'), moved);
  const { accesses, gaps } = await records(chain('http: https://log.example'), [moved]);
  expect(accesses).toMatchObject([{ principal: 'elsewhere' }]);
  expect(gaps).toMatchObject([{ cause: expect.stringContaining('log.example') }]);
});

test('torn, changed, foreign and unreadable records are said', async () => {
  await read(chain('file: logs/access.log, principal: api'), 'app/jwt_secret');
  const log = folder.path('project/logs/access.log');
  writeFileSync(log, `${readFileSync(log, 'utf8')}changed\n{"v":1,"event":"acc`);
  chmodSync(log, 0o666);
  writeFileSync(`${log}.1.gz`, 'no gzip');
  folder.write('project/logs/access.log.d/inside', '');
  const { accesses, gaps } = await records(chain('file: logs/access.log'));
  expect(accesses).toHaveLength(1);
  expect(gaps.map(({ cause }) => cause.replace(/[0-9]+/g, 'N')).sort()).toEqual([
    'N lines are no entries, the first is line N: torn by a crash, or changed',
    'it could not be read to its end (Z_DATA_ERROR)',
    'it is no regular file, and was not read',
    'its last line has no end: a write was interrupted',
    'others than its owner may change it',
  ]);
});

test.each([
  ['', 'reads from dotenv are not recorded'],
  ['audit: { file: logs/access.log, level: warn }', 'leaves out every read that went well'],
  ['audit: { file: logs/access.log }', 'there is no such file'],
  ['audit: { stdout: true }', 'it goes to standard output'],
])('a configuration that leaves something out says so: %s', async (line, cause) => {
  const { gaps } = await records(`providers: [{keyward: {prefix: p}}, {dotenv: {}}]\n${line}`);
  expect(gaps.map((gap) => gap.cause).join()).toContain(cause);
});

test('an audit log that was changed is said to be, and what still opens is read', async () => {
  await writeOwn();
  await read(own, 'app/own');
  await read(own, 'app/own');
  const { storeId } = await (await opened(own)).store();
  const volume = folder.path(`.local/state/keyward/${storeId}/audit/000001.log`);
  const lines = readFileSync(volume, 'utf8').split('\n');
  const target = lines.findIndex((line) => line.includes('"box"')) + 1;
  writeFileSync(volume, lines.with(target, `${lines[target]?.replace('"v":1', '"v":2')}`).join('\n'));
  const { accesses, gaps } = await records(own);
  expect(accesses.filter(({ did }) => did === 'read')).toHaveLength(2);
  expect(gaps).toMatchObject([{ where: 'audit log of the store', cause: expect.stringContaining('it was changed') }]);
});
