import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parsePath } from '../../../src/core/path.js';
import { payloadText, textPayload } from '../../../src/core/payload.js';
import { providerContract } from '../../../src/core/provider.contract.js';
import type { Provider } from '../../../src/core/provider.js';
import { listed, rejected } from '../../../src/core/provider-read.contract.js';
import { gcpErrors } from '../../../src/providers/gcp/gcp-errors.js';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { buildChildProgram } from '../../child-program.js';
import { removeFolder, temporaryFolder } from '../backend.js';
import { Drongo } from './drongo.js';
import { GcpBridge } from './gcp-bridge.js';
import { gcpDeviations, gcpProvider, seedIn } from './gcp-fixture.js';
import { GcpFront } from './gcp-front.js';

const runner = { describe, test, skip: test.skip };
const folder = temporaryFolder('gcp');

let server: Drongo;
let front: GcpFront;
let bridge: GcpBridge;
let count = 0;

beforeAll(async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const account = {
    type: 'service_account',
    project_id: 'of-the-credentials',
    private_key_id: 'k',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'bot@example.com',
  };
  writeFileSync(join(folder, 'account.json'), JSON.stringify(account), { mode: 0o600 });
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'account.json'));
  vi.stubEnv('GRPC_DEFAULT_SSL_ROOTS_FILE_PATH', join(folder, 'bridge.pem'));
  server = await Drongo.start();
  front = await GcpFront.start(server.address);
  bridge = await GcpBridge.start(front.address, folder);
});
afterEach(() => {
  bridge.fault = undefined;
  front.isDamaging = false;
});
afterAll(async () => {
  bridge?.stop();
  await front?.stop();
  await server?.remove();
  removeFolder(folder);
  vi.unstubAllEnvs();
});

const overGrpc = (project: string | undefined, endpoint = bridge.address) =>
  gcpProvider({ project, endpoint }, { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: bridge.certificate });

providerContract(
  runner,
  'gcp over gRPC, in front of drongo',
  async () => {
    count += 1;
    const project = `case-${count}`;
    const provider = overGrpc(project);
    return { subject: { provider, seed: seedIn(front.address, project) }, dispose: () => provider.close() };
  },
  gcpDeviations,
);

describe('gRPC', () => {
  const path = parsePath('app/token');
  const canary = 'CANARY-4f1c9a';
  const write = (provider: Provider) => provider.write(path, { payload: textPayload(canary) }, { ifVersion: 0 });

  test('carries the application default credentials, and asks in their project', async () => {
    const provider = overGrpc(undefined);
    await write(provider);
    const found = await gcpProvider({ project: 'of-the-credentials', endpoint: front.address }).read({ path });
    expect(found && payloadText(found.payload)).toBe(canary);
    expect([...bridge.tokens].every((token) => token.startsWith('Bearer ey'))).toBe(true);
    expect(bridge.tokens.size).toBeGreaterThan(0);
    await provider.close();
  });

  test('tells refusals by their numbers, and repeats nothing of them', async () => {
    const provider = overGrpc('refusing');
    for (const [i, code] of [...gcpErrors.values()].entries()) {
      bridge.fault = { code: i + 1, details: `${canary} ${[...bridge.tokens].join(' ')}` };
      const error = await rejected(listed(provider, ''), code);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/CANARY|Bearer/);
    }
    bridge.fault = { code: 9 };
    await rejected(provider.read({ path }), 'deleted');
    bridge.fault = undefined;
    expect(await provider.read({ path })).toBeUndefined();
    await provider.close();
  });

  test('that damages a value on its way is noticed', async () => {
    const provider = overGrpc('damaging');
    await write(provider);
    front.isDamaging = true;
    await rejected(provider.read({ path }), 'integrity');
    front.isDamaging = false;
    expect((await provider.read({ path }))?.version?.number).toBe(1);
    await provider.close();
  });

  test('that never answers is given up', async () => {
    const provider = overGrpc('silent');
    expect(await provider.read({ path })).toBeUndefined();
    bridge.fault = 'silence';
    const controller = new AbortController();
    const asked = rejected(provider.read({ path }, { signal: controller.signal }), 'timeout');
    await bridge.silenced();
    controller.abort();
    await asked;
    bridge.fault = undefined;
    expect(await provider.read({ path })).toBeUndefined();
    await provider.close();
  });

  test('to a server that is not proven to be the right one fails its proof, and sends it nothing', async () => {
    const otherFolder = temporaryFolder('gcp');
    const other = await GcpBridge.start(front.address, otherFolder);
    const provider = overGrpc('proven', other.address);
    await rejected(provider.read({ path }), 'integrity');
    expect(other.tokens.size).toBe(0);
    await provider.close();
    other.stop();
    const gone = overGrpc('proven', other.address);
    await rejected(gone.read({ path }), 'unavailable');
    await gone.close();
    removeFolder(otherFolder);
  });

  test('can be left for HTTP, with the same credentials over TLS, and with none on this machine', async () => {
    await write(overGrpc('both'));
    const seen: (string | undefined)[] = [];
    const [cert, key] = [bridge.certificate, bridge.certificate.replace('.pem', '.key')].map((file) =>
      readFileSync(file),
    );
    const secured = createServer({ cert, key }, (incoming, outgoing) => {
      seen.push(incoming.headers.authorization);
      fetch(`${front.address}${incoming.url}`).then(async (answer) => {
        outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      });
    });
    await new Promise<void>((resolve) => secured.listen(0, '127.0.0.1', resolve));
    const bound = secured.address();
    const port = typeof bound === 'object' ? bound?.port : undefined;
    const env = { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: bridge.certificate };
    const rest = { project: 'both', endpoint: `https://localhost:${port}`, transport: 'rest' };
    const provider = gcpProvider(rest, env);
    expect((await provider.read({ path }))?.version?.number).toBe(1);
    expect(seen).toEqual([expect.stringMatching(/^Bearer ey/)]);
    const unproven = gcpProvider(rest);
    await rejected(unproven.read({ path }), 'integrity');
    expect(seen).toHaveLength(1);
    for (const each of [provider, unproven]) await each.close();
    await new Promise((resolve) => secured.close(resolve));

    const proxy = await FaultProxy.start(front);
    const plain = gcpProvider({ project: 'both', endpoint: proxy.address });
    expect((await plain.read({ path }))?.version?.number).toBe(1);
    expect(proxy.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await plain.close();
    await proxy.stop();
  });

  test('without credentials is refused before anything is sent, and asked again when there are some', async () => {
    const account = process.env['GOOGLE_APPLICATION_CREDENTIALS'] ?? '';
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
    vi.stubEnv('HOME', '/nowhere');
    bridge.tokens.clear();
    const provider = overGrpc('nobody');
    await rejected(provider.read({ path }), 'unauthenticated');
    await rejected(overGrpc(undefined).read({ path }), 'config');
    expect(bridge.tokens.size).toBe(0);
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', account);
    expect(await provider.read({ path })).toBeUndefined();
    await provider.close();
  });

  test('that a page answers instead is neither a value nor an absence', async () => {
    const [cert, key] = [bridge.certificate, bridge.certificate.replace('.pem', '.key')].map((file) =>
      readFileSync(file),
    );
    let status = 0;
    const pages = createSecureServer({ cert, key, allowHTTP1: true }, (_, outgoing) => {
      outgoing.writeHead(status, { 'content-type': 'text/html', location: front.address }).end('<p>Sign in</p>');
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const bound = pages.address();
    const provider = overGrpc('p', `https://localhost:${typeof bound === 'object' ? bound?.port : ''}`);
    for (status of [200, 307, 404, 500]) {
      await rejected(provider.read({ path }), 'invalid');
      await rejected(listed(provider, ''), 'invalid');
    }
    status = 403;
    await rejected(provider.read({ path }), 'denied');
    status = 503;
    await rejected(provider.read({ path }), 'unavailable');
    await provider.close();
    await new Promise<void>((resolve) => pages.close(() => resolve()));
  });

  test('with an environment that cannot be meant is no outage', async () => {
    vi.stubEnv('GOOGLE_API_USE_CLIENT_CERTIFICATE', 'true');
    vi.stubEnv('HOME', '/nowhere');
    await rejected(overGrpc('p').read({ path }), 'config');
    vi.stubEnv('GOOGLE_API_USE_CLIENT_CERTIFICATE', undefined);
    const env = { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: join(folder, 'nothing.pem') };
    await rejected(gcpProvider({ project: 'p', endpoint: bridge.address }, env).read({ path }), 'config');
  });

  test('logs nothing and keeps no program running, whatever the environment says', async () => {
    await write(overGrpc('ending'));
    const script = `import { gcpProviderKind } from './modules.mjs';
      for (const endpoint of process.argv.slice(2)) {
        const context = { name: 'gcp', env: process.env, environment: 'production' };
        const provider = gcpProviderKind.create({ project: 'ending', endpoint }, context);
        const found = await provider.read({ path: 'app/token' });
        console.log(Buffer.from(found.payload.bytes).toString());
      }`;
    const program = await buildChildProgram(['src/providers/gcp/gcp.ts'], script);
    const env = { ...process.env, GOOGLE_SDK_NODE_LOGGING: '*', GRPC_TRACE: '', NODE_EXTRA_CA_CERTS: '' };
    const child = spawn(process.execPath, [program.path, bridge.address, front.address], { env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const status = await new Promise((resolve) => child.once('close', resolve));
    await program.dispose();
    expect({ status, said }).toEqual({ status: 0, said: `${canary}\n${canary}\n` });
  });
});
