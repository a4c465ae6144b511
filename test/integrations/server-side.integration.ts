import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Example, installedFile } from './example.js';

const signatureOf = (key: string, text: string) => createHmac('sha256', key).update(text);

describe('Next', () => {
  const next = installedFile('next/dist/bin/next');
  const keys = { api_key: 'canary-of-the-api-key', api_secret: 'canary-of-the-api-secret' };
  const quiet = { NEXT_TELEMETRY_DISABLED: '1' };
  let example: Example;
  beforeAll(() => {
    example = Example.withStore('next');
    // What is built runs with NODE_ENV=production.
    example.keyward([
      'set',
      '--env',
      'production',
      'exchange/binance',
      ...Object.entries(keys).map((pair) => pair.join('=')),
    ]);
    example.write('app/careless/page.jsx', handsSecretToTheBrowser);
    example.node([next, 'build'], { env: quiet });
  });
  afterAll(() => example.remove());

  const handsSecretToTheBrowser = `
import { secrets } from '../../lib/secrets.js';
import { Account } from '../account.jsx';
export const dynamic = 'force-dynamic';
export default async function Careless() {
  const { apiKey } = await (await secrets()).credentials('binance');
  return <Account exchange={apiKey} keyLength={apiKey.byteLength} />;
}
`;

  /** What is found below the folder of the files that hold one of the texts. */
  const filesWith = (folder: string, texts: readonly string[]) =>
    readdirSync(join(example.folder, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => texts.some((text) => readFileSync(path).includes(text)));

  test('gives pages and routes the values of the moment, and a browser none', async () => {
    const server = example.start([next, 'start', '--port', '0'], quiet);
    const port = await server.printed(/localhost:(\d+)/);
    const pageAt = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    const sign = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/signature`, { method: 'POST', body: 'order' });
      return answer.json();
    };
    const page = await pageAt('/');
    expect(page).toContain('binance');
    expect(page).toContain(`"keyLength\\":${keys.api_key.length}`);
    expect(await sign()).toEqual({ signature: signatureOf(keys.api_secret, 'order').digest('hex') });
    const careless = await pageAt('/careless');
    expect(careless).toContain('***REDACTED***');
    await server.end();
    const texts = [page, careless, server.output()];
    expect(Object.values(keys).filter((key) => texts.some((text) => text.includes(key)))).toEqual([]);
    expect(filesWith('.next', Object.values(keys))).toEqual([]);
  });

  test('puts nothing of Keyward into what browsers load', () => {
    expect(filesWith('.next/static', ['keywardSecrets', 'openSecrets'])).toEqual([]);
    expect(filesWith('.next/server', ['keywardSecrets'])).not.toEqual([]);
  });

  test('opens one store for the process, however often a hot reload makes the module anew', () => {
    example.write('reload.mjs', opensTwice);
    expect(example.node(['--conditions=react-server', 'reload.mjs'])).toBe('true\n');
  });

  const opensTwice = `
const before = await import('./lib/secrets.js?1');
const after = await import('./lib/secrets.js?2');
console.log(before.secrets !== after.secrets && before.secrets() === after.secrets());
await (await after.secrets()).close();
`;

  test('does not build when a component of the browser imports the secrets', () => {
    example.write('app/account.jsx', "'use client';\nexport { secrets as Account } from '../lib/secrets.js';\n");
    rmSync(join(example.folder, '.next'), { recursive: true });
    expect(() => example.node([next, 'build'], { env: quiet })).toThrow(/server-only/);
  });
});

describe('NestJS', () => {
  test('injects handles by @nestjs/config, which follow a rotation, and closes them', async () => {
    const example = Example.withStore('nestjs');
    example.keyward(['set', 'app/session_key'], 'first');
    example.keyward(['set', 'app/token_issuer'], 'shop');
    example.write('package.json', '{ "type": "module" }');
    example.node([installedFile('typescript/bin/tsc'), '-p', '.']);
    const program = example.start(['main.js']);
    await program.printed(/ready/);
    const tokenWith = (key: string) => `ada.${signatureOf(key, 'shop:ada').digest('base64url')}`;
    expect(await program.ask('ada')).toBe(tokenWith('first'));
    example.keyward(['set', 'app/session_key'], 'second');
    await expect.poll(() => program.ask('ada'), { timeout: 30_000 }).toBe(tokenWith('second'));
    expect(await program.finish()).toBe(0);
    await example.remove();
  });
});

describe('AWS Lambda', () => {
  let example: Example;
  afterEach(() => example.remove());

  const invocations = `
import { renameSync, writeFileSync } from 'node:fs';
import { handler } from './handler.mjs';
const sign = () => handler({ body: 'order' }).then(({ body }) => JSON.parse(body).signature, ({ code }) => code);
const signatures = [await sign()];
writeFileSync('secrets/app/signing_key', 'first');
signatures.push(await sign(), await sign());
renameSync('secrets', 'elsewhere');
signatures.push(await sign());
console.log(JSON.stringify(signatures));
`;

  function invoke(cache: string): readonly string[] {
    example = new Example('lambda');
    example.write('secrets/app/other', 'another');
    example.write('invocations.mjs', invocations);
    const config = readFileSync(join(example.folder, 'keyward.yaml'), 'utf8');
    example.write(
      'keyward.yaml',
      config.replace('/mnt/secrets', './secrets').replace(/^cache: .*$/m, `cache: ${cache}`),
    );
    return JSON.parse(example.node(['invocations.mjs']));
  }
  const signature = signatureOf('first', 'order').digest('hex');

  test('finds its key once it is there, keeps it between invocations, and through an outage', () => {
    expect(invoke('{ ttl: 0s, maxStale: 15m }')).toEqual(['not_found', signature, signature, signature]);
  });

  test('uses no older value than it was allowed to', () => {
    expect(invoke('{ ttl: 0s, maxStale: 0s }')).toEqual(['not_found', signature, signature, 'unavailable']);
  });
});
