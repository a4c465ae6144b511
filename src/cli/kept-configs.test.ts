import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../compose/load-config.js';
import { createTrustList } from '../compose/trust.js';
import { keptConfigs } from './kept-configs.js';

const build = 'digest-of-this-build';
const rich = `
project: bot
environment: staging
store: { slot: passphrase }
providers:
  - dotenv: { files: [.env, .env.local] }
  - env: { name: process, serves: ["app/*"], onUnavailable: stop }
write: dotenv
cache: { ttl: 5m, maxStale: 1h }
credentials: ["exchange/{name}", { bundle: exchange, prefix: "{name}_" }]
health: { probe: health/check }
secrets:
  app/token: { env: APP_TOKEN, rotate: 90d, owner: ops, required: false }
  app/pair: { fields: [key, secret], env: { key: [K1, K2], secret: S } }
  app/url: { from: "https://{app/token}@host" }
  app/bare:
`;

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-configs-'));
  file = join(folder, 'keyward.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (kept = keptConfigs(join(folder, 'cache'), build)) =>
  loadConfig({ cwd: folder, env: {}, home: folder, trust: createTrustList(join(folder, 'trust')), kept });
const keptFiles = () => readdirSync(join(folder, 'cache/configs')).map((name) => join(folder, 'cache/configs', name));

describe('a configuration that is kept between runs', () => {
  test('says what its text says', async () => {
    writeFileSync(file, rich);
    const afresh = await loadConfig({ cwd: folder, env: {}, home: folder, trust: createTrustList(folder) });
    expect(await load()).toEqual(afresh);
    expect(keptFiles()).toHaveLength(1);
    expect(await load()).toEqual(afresh);
  });

  test('is what counts for the very same text, in the same file, of the same build', () => {
    const configs = keptConfigs(folder, build);
    configs?.write('/p/keyward.yaml', 'project: a', { project: 'a' });
    expect(configs?.read('/p/keyward.yaml', 'project: a')).toEqual({ project: 'a' });
    expect(configs?.read('/p/keyward.yaml', 'project: A')).toBeUndefined();
    expect(configs?.read('/q/keyward.yaml', 'project: a')).toBeUndefined();
    expect(keptConfigs(folder, 'another build')?.read('/p/keyward.yaml', 'project: a')).toBeUndefined();
  });

  test('takes no more than a fixed number of files, each for its owner alone', () => {
    const configs = keptConfigs(join(folder, 'cache'), build);
    for (let at = 0; at < 300; at += 1) configs?.write(`/project-${at}/keyward.yaml`, '', {});
    expect(keptFiles().length).toBeLessThanOrEqual(64);
    for (const path of keptFiles()) expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('is parsed again once it was changed or damaged', async () => {
    writeFileSync(file, 'project: before');
    await load();
    for (const path of keptFiles()) writeFileSync(path, readFileSync(path, 'utf8').replaceAll('before', 'planted'));
    expect((await load()).project).toBe('before');
    writeFileSync(file, 'project: after');
    expect((await load()).project).toBe('after');
  });

  test('is not trusted for that, and errors still name line and column', async () => {
    writeFileSync(file, 'project: bot\nwrite: other\nproviders: [{ env: {} }]');
    for (let run = 0; run < 2; run += 1) await expect(load()).rejects.toThrow('keyward.yaml:2:1: write:');
    writeFileSync(file, 'providers: [{ env: {} }]\naudit: { file: /outside/log }');
    for (let run = 0; run < 2; run += 1) await expect(load()).rejects.toThrow('is not trusted');
    writeFileSync(file, 'nonsense: true');
    for (let run = 0; run < 2; run += 1) await expect(load()).rejects.toThrow('keyward.yaml:1:1: nonsense');
  });
});

test('nothing is kept where nothing says which build this is', () => {
  expect(keptConfigs(folder)).toBeUndefined();
});
