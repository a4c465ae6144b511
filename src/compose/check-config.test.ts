import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkConfig } from './check-config.js';
import { configJsonSchema } from './config-json-schema.js';
import { type LoadOptions, loadLayers } from './config-layers.js';
import { describeConfig } from './describe-config.js';
import { createTrustList } from './trust.js';

let base: string;
let project: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'keyward-check-'));
  project = join(base, 'project');
  mkdirSync(join(project, '.git'), { recursive: true, mode: 0o755 });
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(project, name), text, { mode: 0o644 });
const options = (more: Partial<LoadOptions> = {}): LoadOptions => ({
  cwd: project,
  env: {},
  home: base,
  trust: createTrustList(join(base, 'config')),
  ...more,
});
const check = async () =>
  (await checkConfig(options()))?.map(({ severity, where, cause }) => [
    severity,
    where.replace(`${project}/`, ''),
    cause,
  ]);

describe('checking', () => {
  test('finds nothing where nothing is wrong, and says when there is no file', async () => {
    expect(await check()).toBeUndefined();
    write('keyward.yaml', 'project: x\nsecrets: { app/key: {} }');
    expect(await check()).toEqual([]);
  });

  test('finds everything in one file at once, each at its place', async () => {
    write('keyward.yaml', Array.from({ length: 12 }, (_, i) => `wrong${i}: 1`).join('\n'));
    const findings = await check();
    expect(findings).toHaveLength(12);
    expect(findings?.[11]?.slice(0, 2)).toEqual(['error', 'keyward.yaml:12:1']);
  });

  test.each([
    ['what is not YAML', 'a: [', 'error', 'keyward.yaml:'],
    ['a missing base', 'project: x\nextends: gone.yaml', 'error', 'keyward.yaml:2:1'],
    ['a wrong base', 'extends: org.yaml', 'error', 'org.yaml:1:1'],
    ['a part that nobody lists', 'secrets:\n  a: { from: "https://h/{b}" }', 'error', 'keyward.yaml:2:8'],
    ['what needs trust', 'store: { path: ./data }', 'error', 'keyward.yaml'],
    ['a name that run refuses', 'secrets:\n  app/x: { env: LD_PRELOAD }', 'warning', 'keyward.yaml:2:3'],
    ['two secrets of one name', 'secrets:\n  app/x: { env: A }\n  app/y: { env: A }', 'error', 'keyward.yaml:1:1'],
  ])('finds %s', async (_name, text, severity, where) => {
    write('org.yaml', 'proyect: x');
    write('keyward.yaml', text);
    const findings = await check();
    expect(findings).toHaveLength(1);
    expect(findings?.[0]?.[0]).toBe(severity);
    expect(findings?.[0]?.[1]).toMatch(new RegExp(`^${where}`));
  });

  test('repeats no value', async () => {
    write(
      'keyward.yaml',
      'cache: { ttl: canary-8f31 }\nproject: "canary 8f31"\nsecrets: { a: { from: "{canary 8f31}" } }',
    );
    expect(JSON.stringify(await checkConfig(options()))).not.toContain('canary');
  });
});

describe('describing', () => {
  const describeIt = async (more: Partial<LoadOptions> = {}) => {
    const all = options(more);
    const values = describeConfig(await loadLayers(all), all);
    return new Map(values.map(({ key, value, from }) => [key, [value, from.replace(`${project}/`, '')]]));
  };

  test('says of every value which file, line and column, option or variable it comes from', async () => {
    write('org.yaml', 'environment: staging\ncache:\n  ttl: 10s\nsecrets: { app/a: {}, app/b: {} }');
    write('keyward.yaml', 'extends: org.yaml\nproject: x\ncache: { maxStale: 2h }\nsecrets:\n  app/b: { rotate: 90d }');
    const values = await describeIt();
    expect(values.get('environment')).toEqual(['staging', 'org.yaml:1:1']);
    expect(values.get('project')).toEqual(['x', 'keyward.yaml:2:1']);
    expect(values.get('cache.ttl')).toEqual(['10s', 'org.yaml:3:3']);
    expect(values.get('cache.maxStale')).toEqual(['2h', 'keyward.yaml:3:10']);
    expect(values.get('secrets.app/a')).toEqual([{}, 'org.yaml:4:12']);
    expect(values.get('secrets.app/b')).toEqual([{ rotate: '90d' }, 'keyward.yaml:5:3']);
    expect(values.get('health.probe')).toEqual(['health/check', 'default']);
    expect((await describeIt({ environment: 'qa' })).get('environment')).toEqual(['qa', '--env']);
    expect((await describeIt({ env: { KEYWARD_ENV: 'qa' } })).get('environment')).toEqual(['qa', 'KEYWARD_ENV']);
    expect((await describeIt({ env: { NODE_ENV: 'test' } })).get('environment')).toEqual(['test', 'NODE_ENV']);
  });

  test('shows nothing that could be a credential', async () => {
    write(
      'keyward.yaml',
      [
        'providers:',
        '  - exec: { command: [program, --token, canary] }',
        'secrets:',
        '  b: {}',
        '  a: { from: "https://user:canary@h/{b}" }',
      ].join('\n'),
    );
    const values = await describeIt({ file: 'keyward.yaml' });
    expect(JSON.stringify([...values])).not.toContain('canary');
    expect(values.get('providers.0')?.[0]).toEqual({ exec: { command: ['program', '…'] } });
    expect(values.get('secrets.a')?.[0]).toEqual({ derived: true });
  });
});

test('the schema for editors knows every key, kind and word', () => {
  const text = JSON.stringify(configJsonSchema());
  for (const word of ['maxStale', 'dotenv', 'onUnavailable', '"enum":["next","stop"]', 'keyfile', 'fields', 'bundle']) {
    expect(text).toContain(word);
  }
  expect(text).not.toContain('{}]');
});
