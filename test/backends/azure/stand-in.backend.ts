import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AzureStandIn } from './azure-stand-in.js';
import { AzureVaultState } from './azure-vault-state.js';
import { type Exchange, recordings } from './recordings.js';

interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** Of a list, what entries and links look like varies with what else was in the vault. */
const lists = /^\/(?:deleted)?secrets(?:\/[^/]+\/versions)?$/;
const uncovered = /\/backup$|^\/secrets\/restore$/;

const at = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** With secrets of others, so that lists have pages. */
function inhabitedVault(): AzureVaultState {
  const state = new AzureVaultState();
  for (let i = 0; i < 20; i += 1) state.seed(`others-${i}`, { value: 'x' });
  return state;
}

/** What an answer looks like, without what differs from one vault to the next. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, shapeOf(member)]),
  );
}

/** `/secrets/name/version` as `/secrets/name/<id>`, and without the host. */
const idShape = (id: unknown) =>
  String(id)
    .replace(/^https:\/\/[^/]+/, '')
    .replace(/[0-9a-f]{32}$/, '<id>');

/** All of an answer that has to be the same. */
function meaningOf({ recorded, request: { path } }: Exchange, { status, headers, body }: Received): unknown {
  const error = at(body, 'error');
  const said = {
    code: at(error, 'code'),
    inner: at(at(error, 'innererror'), 'code'),
    // The wording of the challenge changed over the years, that of absence once.
    text: status === 401 || recorded < '2020' ? '' : at(error, 'message'),
  };
  const isList = status === 200 && lists.test(path);
  const items = at(body, 'value');
  return {
    status,
    type: headers['content-type'],
    challenge: String(headers['www-authenticate']).replace(/"https:\/\/[^"/]+/g, '"https://host'),
    own: ['x-ms-keyvault-region', 'x-ms-keyvault-service-version'].map((name) => typeof headers[name]),
    said: error === undefined ? undefined : said,
    body: isList
      ? Object.keys(body ?? {}).sort()
      : { shape: error === undefined ? shapeOf(body) : undefined, id: idShape(at(body, 'id')) },
    hasItems: isList ? Array.isArray(items) : undefined,
    itemsHaveNoValue: isList && Array.isArray(items) ? items.every((item) => at(item, 'value') === undefined) : true,
  };
}

if (recordings === undefined) {
  test('the recordings are not at ../shared/recordings beside this checkout: the stand-in was held to nothing', () => {
    expect(recordings).toBeUndefined();
  });
} else {
  const { exchanges } = recordings;
  const sequences = [
    ...recordings.sequences.filter(({ id }) => id !== 'backup-restore'),
    {
      id: 'alone',
      what: 'Exchanges outside of these runs',
      steps: [{ id: 'recover-missing-1' }, { id: 'list-versions-unauthenticated-1' }, { id: 'list-versions-7' }],
    },
  ];
  const byId = new Map(exchanges.map((exchange) => [exchange.id, exchange]));

  describe('the stand-in answers as the real service did', () => {
    let server: AzureStandIn;
    let token: string;

    beforeAll(async () => {
      server = await AzureStandIn.start();
      const { IDENTITY_ENDPOINT: endpoint = '', IDENTITY_HEADER: header = '' } = server.tokens.env;
      const given = await fetch(`${endpoint}?resource=x`, { headers: { 'x-identity-header': header } });
      token = String(at(await given.json(), 'access_token'));
    });
    afterAll(() => server?.remove());

    const ask = (method: string, host: string, target: string, body: unknown, isSigned: boolean) =>
      new Promise<Received>((resolve, reject) => {
        const { port } = new URL(server.address);
        const headers = { host, ...(isSigned && { authorization: `Bearer ${token}` }) };
        const options = { method, port, host: '127.0.0.1', path: target, ca: server.ca, servername: '', headers };
        const outgoing = request({ ...options, agent: false }, async (incoming) => {
          const chunks: Buffer[] = [];
          for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: text === '' ? null : JSON.parse(text),
          });
        });
        outgoing.once('error', reject);
        outgoing.end(body === null ? undefined : JSON.stringify(body));
      });

    /** What was sent; where the recording lacks it, what must have been sent for its answer. */
    const bodyOf = ({ request: { method, body }, response }: Exchange): unknown => {
      if (body !== null || response.status !== 200 || (method !== 'PUT' && method !== 'PATCH')) return body;
      const { value, contentType, tags, attributes = {} } = response.body ?? {};
      const { enabled, nbf, exp } = Object.fromEntries(Object.entries(Object(attributes)));
      return { value, contentType, tags, attributes: { enabled, nbf, exp } };
    };

    test.each(sequences)('$id: $what', async ({ steps }) => {
      const played = steps.flatMap(({ id, repeat = 1 }) => {
        const exchange = byId.get(id);
        return exchange === undefined ? [] : Array.from({ length: repeat }, () => exchange);
      });
      server.others.clear();
      for (const { request: asked, response } of played) {
        const state = server.others.get(asked.host) ?? inhabitedVault();
        const level = at(at(response.body, 'attributes'), 'recoveryLevel');
        const days = at(at(response.body, 'attributes'), 'recoverableDays');
        if (typeof level === 'string') {
          state.recoveryLevel = level;
          state.recoverableDays = typeof days === 'number' ? days : undefined;
        }
        server.others.set(asked.host, state);
      }
      const ids = new Map<string, string>();
      let next = '';
      for (const [place, step] of played.entries()) {
        const { method, host, path, query } = step.request;
        const state = server.others.get(host);
        const name = path.split('/')[2];
        const later = played.slice(place + 1).filter(({ request: asked }) => asked.path.split('/')[2] === name);
        const unfinished = later.findIndex(({ response }) => response.status !== 404);
        if (state !== undefined) state.settleAfter = unfinished < 0 ? later.length : unfinished;
        const known = path.replace(/[0-9a-f]{32}$/, (id) => ids.get(id) ?? id);
        const search = new URLSearchParams(query).toString();
        const target = step.id.includes('next-page') ? next : `${known}?${search}`;
        const isSigned = step.response.status !== 401;
        const received = await ask(method, host, target, isSigned ? bodyOf(step) : null, isSigned);
        expect(meaningOf(step, received), step.id).toEqual(meaningOf(step, step.response));
        const [id, ours] = [step.response.body, received.body].map((body) => String(at(body, 'id')).slice(-32));
        if (id !== undefined && ours !== undefined) ids.set(id, ours);
        const link = at(received.body, 'nextLink');
        if (typeof link === 'string') next = link.replace(`https://${host}:443`, '');
        if (typeof link !== 'string' && step.id.includes('list') && step.id.includes('next-page')) next = target;
      }
    });

    test('every operation that was recorded, apart from backups, is covered', () => {
      const played = new Set(sequences.flatMap(({ steps }) => steps.map(({ id }) => id)));
      const kind = ({ request: { method, path }, response: { status } }: Exchange) =>
        `${method} ${path.replace(/^\/(secrets|deletedsecrets)\/[^/]+/, '/$1/name').replace(/[0-9a-f]{32}$/, 'id')} ${status}`;
      const covered = new Set(exchanges.filter(({ id }) => played.has(id)).map(kind));
      const rest = exchanges.filter(({ request: { path } }) => !uncovered.test(path)).map(kind);
      expect([...new Set(rest)].filter((one) => !covered.has(one))).toEqual([]);
    });
  });
}
