import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Counter, Registry } from 'prom-client';
import { OfflineCopies } from '../../src/compose/offline-copies.js';
import { systemClock } from '../../src/core/clock.js';
import { emptyInventory } from '../../src/core/inventory.js';
import { openStore } from '../../src/index.js';
import { createSecrets } from '../../src/resolver/create-secrets.js';
import { createScriptedProvider } from '../../src/testing/scripted-provider.js';
import type { Sinks } from '../system/canaries.js';
import { type KeptLaptop, watchFiles } from './kept-laptop.js';
import { Library, listen } from './library.js';
import type { Sink } from './sink.js';

/** A place into which the library writes of its own accord while a program uses it. */
export interface LibrarySink extends Sink {
  leak(taps: Taps, value: string): unknown;
}

interface Taps {
  readonly library: Library;
  readonly registry: Registry;
  /** Where the access log is posted to. */
  readonly url: string;
}

export const librarySinks: readonly LibrarySink[] = [
  {
    name: 'metrics',
    how: 'the text of the registry',
    leak: ({ registry }, value) => new Counter({ name: 'leak', help: value, registers: [registry] }),
  },
  {
    name: 'access log in a file',
    how: 'read after every value was read, and calls that failed with it were reported',
    leak: ({ library }, value) => appendFileSync(join(library.laptop.project, 'access.log'), value),
  },
  {
    name: 'access log on the output',
    how: 'the standard output of the same program',
    leak: (_, value) => process.stdout.write(value),
  },
  {
    name: 'access log over HTTP',
    how: 'requests, as the server that takes them sees them: address, headers and body',
    leak: ({ url }, value) => fetch(url, { method: 'POST', body: 'x', headers: { leak: value } }),
  },
  {
    name: 'access log in the store',
    how: 'the audit log, opened',
    leak: async ({ library }, value) => {
      const { client } = await library.store();
      const entry = { event: 'api_call', level: 'info', principal: 'me', process: 1, environment: 'test' } as const;
      await client.audit.record({ ...entry, ...reported, time: new Date().toISOString(), endpoint: `/${value}` });
    },
  },
  {
    name: 'warnings of the process',
    how: '`process.on("warning")`',
    leak: (_, value) => process.emitWarning(value),
  },
  {
    name: 'standard error of a program',
    how: 'what the library prints there',
    leak: (_, value) => process.stderr.write(value),
  },
  {
    name: 'offline copies and every other file',
    how: 'bytes of files below the home that changed, after values were kept for an outage',
    leak: ({ library }, value) => appendFileSync(join(library.laptop.dataFolder, 'data.mdb'), value),
  },
];

const reported = { service: 'exchange', success: false } as const;

/**
 * What every sink holds after a program has read every value, and has failed with it.
 *
 * @param isLeaking whether it leaks at its end: into each of the sinks another one of the values, in their order.
 */
export async function gatherFromProgram(
  kept: KeptLaptop,
  values: readonly string[],
  isLeaking: boolean,
): Promise<Readonly<Record<string, Sinks>>> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await request.toArray();
    requests.push(`${request.url} ${request.rawHeaders.join(' ')} ${Buffer.concat(body)}`);
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/log`;

  const laptop = kept.restored();
  const audit = `audit: { file: access.log, stdout: true, store: true, http: "${url}" }\n`;
  laptop.write('keyward.yaml', laptop.read('keyward.yaml') + audit);
  await laptop.ok(['trust', '--yes']);
  const registry = new Registry();
  const library = new Library(laptop, {}, registry);
  const written = watchFiles(laptop);
  const said = listen();
  await use(library, values);
  await keepCopies(library, values);
  const leaks = isLeaking ? librarySinks : [];
  for (const [at, { leak }] of leaks.entries()) await leak({ library, registry, url }, values[at] ?? '');
  await new Promise((resolve) => setImmediate(resolve));
  await library.close();
  const { stdout = new Map(), stderr = new Map(), warnings = new Map() } = byName(said());
  const log = await openedLog(library);
  server.close();
  server.closeAllConnections();
  const files = written();
  return {
    metrics: one(await registry.metrics()),
    'access log in a file': new Map([...files].filter(([path]) => path.endsWith('access.log'))),
    'access log on the output': stdout,
    'access log over HTTP': one(requests.join('\n')),
    'access log in the store': one(log),
    'warnings of the process': warnings,
    'standard error of a program': stderr,
    'offline copies and every other file': files,
  };
}

async function use(library: Library, values: readonly string[]): Promise<void> {
  const secrets = await library.secrets();
  for (const [index, value] of values.entries()) {
    await secrets.get(`held/v${index}`);
    secrets.audit.apiCall({
      ...reported,
      endpoint: `/orders?key=${encodeURIComponent(value)}`,
      error: new Error(`refused ${value}`),
    });
  }
  await secrets.getAll('held/all');
  await secrets.getMany(['held/v0@9', 'held/nothing']);
  await secrets.health();
}

async function keepCopies(library: Library, values: readonly string[]): Promise<void> {
  const store = await library.store();
  const vault = createScriptedProvider({ name: 'vault', traits: { origin: 'https://vault' } });
  const copies = new OfflineCopies({
    connect: async () => store.client.records,
    identities: new Map([['vault', 'vault']]),
    maxStaleMs: 3_600_000,
    clock: systemClock,
    onFinding: () => {},
  });
  const links = [{ provider: vault }];
  const chain = createSecrets({ links, inventory: emptyInventory, copies, environment: 'test', production: false });
  for (const [index, value] of values.entries()) {
    vault.says(`copied/v${index}/value`, { value });
    await chain.get(`copied/v${index}/value`).catch(() => {});
  }
  await copies.settled();
  const kept = (await store.client.records.list('last-good/')).length;
  await chain.close();
  if (kept === 0) throw new Error('no copy was kept');
}

async function openedLog({ env }: Library): Promise<string> {
  const store = await openStore({ env });
  const records = await store.client.audit.show({ limit: 1000 });
  await store.close();
  return JSON.stringify(records);
}

function byName(said: Sinks): Readonly<Record<string, Sinks>> {
  return Object.fromEntries([...said].map(([name, bytes]) => [name, new Map([[name, bytes]])]));
}

function one(text: string): Sinks {
  return new Map([['', Buffer.from(text)]]);
}
