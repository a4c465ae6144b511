import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parsePath } from '../core/path.js';
import { textPayload } from '../core/payload.js';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { testCertificate } from '../testing/test-certificate.js';
import { openIncidents } from './incidents.js';
import { initStore } from './init-store.js';
import { openWorkspace } from './open-workspace.js';
import { storeLocations } from './store-locations.js';

const leaked = 'canary-8f3b1d77c2';
let folder: TemporaryFolder;
let heard: string[];
const http = createServer(async (request, response) => {
  heard.push(`${request.url?.split('/').at(-1)}: ${Buffer.concat(await request.toArray())}`);
  response.writeHead(200).end(request.url === '/slack' ? 'ok' : '{"ok":true}');
});
const { certificate, key } = testCertificate();
const smtp = new SMTPServer({
  ...{ cert: certificate, key, logger: false, closeTimeout: 1, authOptional: true },
  onData(stream, _session, callback) {
    stream.toArray().then((chunks) => {
      heard.push(`mail: ${Buffer.concat(chunks)}`);
      callback();
    }, callback);
  },
});

beforeEach(async () => {
  heard = [];
  folder = temporaryFolder();
  await initStore({ locations: storeLocations({ env: {}, home: folder.path('') }), slot: 'keyfile' });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  await once(smtp.server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await new Promise<void>((resolve) => smtp.close(resolve));
  folder.remove();
});

const portOf = (server: { address(): string | AddressInfo | null }): number => {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
};

async function opened() {
  const home = folder.path('');
  const server = `http://127.0.0.1:${portOf(http)}`;
  folder.write('project/ca.pem', certificate);
  const configFile = folder.write(
    'project/keyward.yaml',
    `providers: [{keyward: {prefix: p}}]
secrets: { app/token: { rotator: { random: "hex:32" } } }
notifications:
  on: [incident]
  webhook: { url: "${server}/webhook", secret: told/signer }
  slack: { url: told/slack, server: "${server}" }
  telegram: { token: told/telegram, chat: told/chat, server: "${server}" }
  smtp: { host: 127.0.0.1, port: ${portOf(smtp.server)}, from: keyward@example.com, to: [ops@example.com], ca: ca.pem }
`,
  );
  const options = { env: { HOME: home }, home };
  const where = { configFile, environment: 'development', cwd: folder.path('project'), role: 'cli' } as const;
  const findings: string[] = [];
  const onFinding = ({ cause }: { readonly cause: string }) => void findings.push(cause);
  const workspace = await openWorkspace({ ...options, ...where, onFinding });
  const incidents = await openIncidents(workspace, { ...options, onFinding });
  return { workspace, incidents, findings, server };
}

test('an incident tells every channel once, also when it goes on after its process was killed', async () => {
  const first = await opened();
  const values = {
    'app/token': leaked,
    'told/signer': 'a'.repeat(64),
    'told/slack': `${first.server}/slack`,
    'told/telegram': '123456:telegram_token',
    'told/chat': '-100200300',
  };
  for (const [path, value] of Object.entries(values)) {
    await first.workspace.writeTarget().write(parsePath(path), { payload: textPayload(value) });
  }
  const quietly = { choose: async () => [], onStep: () => undefined };
  const log = await first.incidents.begin({ kind: 'leak', names: ['app/token'], skipGrace: true });
  const save = log.save.bind(log);
  vi.spyOn(log, 'save').mockImplementation(async (change, what) => {
    if (change.told !== undefined) throw new Error('killed');
    await save(change, what);
  });
  await expect(first.incidents.respond(log, quietly)).rejects.toThrow('killed');
  await first.workspace.close();

  const second = await opened();
  for (let turn = 1; turn <= 2; turn += 1) {
    const again = await second.incidents.open(log.now.id);
    await second.incidents.respond(again, quietly);
    expect(again.now.told).toBe(4);
  }
  await second.workspace.close();
  expect(heard.map((message) => message.split(':', 1)[0]).sort()).toEqual(['mail', 'sendMessage', 'slack', 'webhook']);
  for (const message of heard) {
    expect(message.replaceAll('=\r\n', '')).toContain(`keyward incident status ${log.now.id}`);
    expect(message).not.toContain(leaked);
  }
  expect([...first.findings, ...second.findings]).toEqual([]);
});
