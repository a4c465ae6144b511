import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/core/errors.js';
import { parsePath, pathProblem } from '../../../src/core/path.js';
import { payloadText, textPayload } from '../../../src/core/payload.js';
import type { Provider } from '../../../src/core/provider.js';
import { listed, rejected } from '../../../src/core/provider-read.contract.js';
import { parseRef } from '../../../src/core/ref.js';
import { azureProviderKind } from '../../../src/providers/azure/azure.js';
import { AzureReplay } from './azure-replay.js';
import { type Exchange, recordings } from './recordings.js';

const at = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

if (recordings === undefined) {
  test('the recordings are not at ../shared/recordings beside this checkout, so none of them was replayed', () => {
    expect(recordings).toBeUndefined();
  });
} else {
  const { exchanges, reported } = recordings;
  const byId = new Map(exchanges.map((exchange) => [exchange.id, exchange]));
  const recorded = (id: string): Exchange => {
    const exchange = byId.get(id);
    if (exchange === undefined) throw new Error(`no ${id} was recorded`);
    return exchange;
  };
  const answers = (...ids: readonly string[]) => ids.map((id) => recorded(id).response);
  const challenge = recorded('set-unauthenticated-9');
  const nameOf = ({ request: { path } }: Exchange) => path.split('/')[2] ?? '';
  const noVersions = answers('list-versions-7');
  const notDeleted = answers('get-deleted-missing-1');
  /** A list of versions, as the service lists what it answered before with a value. */
  const listOf = (...ids: readonly string[]): Exchange['response'] => ({
    status: 200,
    headers: recorded('list-versions-1').response.headers,
    body: {
      value: ids.map((id) => {
        const { value: _, ...bundle } = recorded(id).response.body ?? {};
        return bundle;
      }),
      nextLink: null,
    },
  });

  describe('what the real service answered', () => {
    let replay: AzureReplay;

    beforeAll(async () => {
      replay = await AzureReplay.start();
      Object.assign(process.env, replay.tokens.env);
    });
    afterEach(() => {
      expect(replay.surprises).toEqual([]);
    });
    afterAll(() => replay?.stop());

    const vault = (): Provider =>
      azureProviderKind.create(
        { vault: replay.address, naming: 'verbatim' },
        {
          name: 'azure',
          inventory: new Map(),
          isProduction: true,
          environment: 'production',
          folder: '/',
          env: {},
          connectStore: () => Promise.reject(new Error('not needed')),
        },
      );

    const reads = exchanges.filter(
      ({ request: { method, path }, response: { status, body } }) =>
        method === 'GET' && status === 200 && typeof at(body, 'value') === 'string' && path.startsWith('/secrets/'),
    );

    test('every value that was recorded is read, with its version', async () => {
      expect(reads.length).toBeGreaterThan(10);
      for (const exchange of reads) {
        const [, , name = '', id = ''] = exchange.request.path.split('/');
        replay.play(challenge, { [`GET /secrets/${name}/${id}`]: [exchange.response] });
        const found = await vault().read(parseRef(id === '' ? name : `${name}@${id}`));
        const { value, id: place } = exchange.response.body ?? {};
        expect(found && payloadText(found.payload), exchange.id).toBe(value);
        expect(String(place).endsWith(`/${found?.version?.id}`)).toBe(true);
        expect(found?.version?.createdAt?.getTime()).toBe(
          Number(at(exchange.response.body?.['attributes'], 'created')) * 1000,
        );
      }
    });

    test('the sign-in is understood in each of its wordings', async () => {
      for (const id of [
        'set-unauthenticated-1',
        'set-unauthenticated-7',
        'set-unauthenticated-9',
        'set-unauthenticated-10',
      ]) {
        replay.play(recorded(id), { 'GET /secrets/secret518723441/': answers('get-latest-1') });
        expect((await vault().read(parseRef('secret518723441')))?.payload).toEqual(textPayload('value518723441'));
      }
    });

    test('every 404 of a live name is absence only when the name is not among the deleted ones', async () => {
      const missing = exchanges.filter(
        ({ request: { method, path }, response }) =>
          method === 'GET' && response.status === 404 && path.startsWith('/secrets/'),
      );
      expect(missing.length).toBeGreaterThan(5);
      for (const exchange of missing) {
        const name = nameOf(exchange);
        if (pathProblem(name) !== undefined) continue;
        const live = { [`GET /secrets/${name}/`]: [exchange.response] };
        replay.play(challenge, { ...live, [`GET /deletedsecrets/${name}`]: notDeleted });
        expect(await vault().read(parseRef(name)), exchange.id).toBeUndefined();
        const bundle = {
          ...recorded('get-deleted-1').response.body,
          id: `https://h/secrets/${name}/${'0'.repeat(32)}`,
        };
        const deleted = { ...recorded('get-deleted-1').response, body: bundle };
        replay.play(challenge, { ...live, [`GET /deletedsecrets/${name}`]: [deleted] });
        const error = await rejected(vault().read(parseRef(name)), 'deleted');
        expect(error.advice).toContain(`az keyvault secret recover --vault-name 127 --name ${name}`);
      }
    });

    test('a disabled secret is deleted, not denied', async () => {
      for (const id of ['get-latest-forbidden-1', 'get-version-forbidden-1']) {
        const exchange = recorded(id);
        const [, , name = '', version = ''] = exchange.request.path.split('/');
        replay.play(challenge, { [`GET ${exchange.request.path}`]: [exchange.response] });
        if (pathProblem(name) !== undefined) throw new Error(name);
        const error = await rejected(vault().read(parseRef(version === '' ? name : `${name}@${version}`)), 'deleted');
        expect(error.advice).toContain('az keyvault secret set-attributes --enabled true');
      }
    });

    test('all pages of a list are read, also one without entries that has a link', async () => {
      const pages = ['list-1', 'list-next-page-1', 'list-next-page-2', 'list-next-page-3', 'list-next-page-4'];
      const script = Object.fromEntries(
        pages.map((id) => {
          const { query } = recorded(id).request;
          const skip = query['$skiptoken'] === undefined ? '' : ` ${query['$skiptoken']}`;
          return [`GET /secrets${skip}`, answers(id)];
        }),
      );
      const last = { ...recorded('list-deleted-next-page-1').response, body: { value: [], nextLink: null } };
      const tail = new URL(String(recorded('list-next-page-4').response.body?.['nextLink'] ?? 'https://x/?'))
        .searchParams;
      const rest = tail.get('$skiptoken');
      replay.play(challenge, { ...script, ...(rest !== null && { [`GET /secrets ${rest}`]: [last] }) });
      const names = pages.flatMap((id) => {
        const items = recorded(id).response.body?.['value'];
        return Array.isArray(items) ? items.map((item) => String(at(item, 'id')).split('/').at(-1)) : [];
      });
      expect(names.length).toBeGreaterThan(3);
      expect(await listed(vault(), '')).toEqual(names.sort());
    });

    test('versions of one second keep their order to themselves: the current one is asked for', async () => {
      const name = 'listversions2628844972';
      const [first, second] = ['list-versions-next-page-1', 'list-versions-next-page-2'].map(
        (id) => recorded(id).request.query['$skiptoken'],
      );
      replay.play(challenge, {
        [`GET /secrets/${name}/versions`]: answers('list-versions-1'),
        [`GET /secrets/${name}/versions ${first}`]: answers('list-versions-next-page-1'),
        [`GET /secrets/${name}/versions ${second}`]: answers('list-versions-next-page-2'),
        [`GET /secrets/${name}/`]: answers('set-9'),
      });
      const description = await vault().describe(parsePath(name));
      expect(description?.current).toBe('c5126faf4e694c4c9adfdc32aa00aea0');
      expect(description?.versions.map(({ stages }) => stages)).toEqual([['current'], [], []]);
      expect(description?.metadata).toEqual({ tag: 'value', expires: '2050-01-01T01:01:01.000Z' });
      const error = await rejected(vault().read(parseRef(`${name}@previous`)), 'unsupported');
      expect(error.advice).toContain(`keyward history ${name}`);
    });

    test('an empty list of versions is absence', async () => {
      replay.play(challenge, { 'GET /secrets/gone/versions': noVersions, 'GET /deletedsecrets/gone': notDeleted });
      expect(await vault().describe(parsePath('gone'))).toBeUndefined();
    });

    test('a deletion is waited for, and what was deleted is purged then', async () => {
      const name = 'secret518723441';
      replay.play(challenge, {
        [`GET /secrets/${name}/versions`]: [listOf('set-1')],
        [`DELETE /secrets/${name}`]: answers('delete-1'),
        [`GET /deletedsecrets/${name}`]: answers(
          'get-deleted-missing-1',
          'get-deleted-missing-1',
          'get-deleted-missing-1',
          'get-deleted-1',
          'get-deleted-missing-1',
        ),
        [`DELETE /deletedsecrets/${name}`]: answers('purge-1'),
      });
      await vault().remove(parseRef(name), { mode: 'purge' });
      expect(replay.asked.slice(-3)).toEqual([
        `GET /deletedsecrets/${name}`,
        `DELETE /deletedsecrets/${name}`,
        `GET /deletedsecrets/${name}`,
      ]);
    });

    test('a recovery is waited for', async () => {
      const name = 'secret422508987';
      const versions = recorded('get-latest-2').response;
      replay.play(challenge, {
        [`GET /secrets/${name}/versions`]: [...noVersions, listOf('get-latest-2')],
        [`GET /deletedsecrets/${name}`]: answers('get-deleted-2'),
        [`POST /deletedsecrets/${name}/recover`]: answers('recover-1'),
        [`GET /secrets/${name}/`]: [
          ...answers('get-latest-missing-1', 'get-latest-missing-1', 'get-latest-missing-1'),
          versions,
        ],
      });
      await vault().restore(parseRef(name));
      expect(replay.asked.filter((asked) => asked.startsWith('POST'))).toHaveLength(1);
      expect(replay.asked.filter((asked) => asked === `GET /secrets/${name}/`)).toHaveLength(4);
    });

    test('a vault without soft delete is done when it has answered, and deletes nothing that should come back', async () => {
      const script = {
        'GET /secrets/nodeSecret/versions': [listOf('set-13')],
        'DELETE /secrets/nodeSecret': answers('delete-13'),
      };
      replay.play(challenge, script);
      await rejected(vault().remove(parseRef('nodeSecret'), { mode: 'soft' }), 'unsupported');
      expect(replay.asked).not.toContain('DELETE /secrets/nodeSecret');
      await vault().remove(parseRef('nodeSecret'), { mode: 'purge' });
      expect(replay.asked.at(-1)).toBe('DELETE /secrets/nodeSecret');
    });

    test('a write gets the version that the service made, also one without a value', async () => {
      const name = 'secret-000004';
      replay.play(challenge, {
        [`GET /secrets/${name}/versions`]: noVersions,
        [`PUT /secrets/${name}`]: answers('set-31'),
      });
      const written = await vault().write(parsePath(name), { payload: textPayload('TestSecretValue123') });
      expect(written).toMatchObject({ id: 'bfc31abba74f47cf9076fefeba720d1b', state: 'live', size: 18 });
    });

    test('a conflict while the service is at work is a conflict', async () => {
      const script = { 'GET /secrets/x/versions': noVersions, 'PUT /secrets/x': answers('restore-conflict-1') };
      replay.play(challenge, script);
      const error = await rejected(vault().write(parsePath('x'), { payload: textPayload('v') }), 'conflict');
      expect(error.message).not.toContain('fakevault');
    });

    test('bad input is invalid, and its text is not repeated', async () => {
      const script = { 'GET /secrets/x/versions': noVersions, 'PUT /secrets/x': answers('restore-bad-1') };
      replay.play(challenge, script);
      const error = await rejected(vault().write(parsePath('x'), { payload: textPayload('v') }), 'invalid');
      expect(error.message).not.toContain('blob');
    });

    const expected: Readonly<Record<string, ErrorCode>> = {
      'set-name-soft-deleted': 'deleted',
      'set-name-being-deleted': 'conflict',
      'set-name-being-recovered': 'conflict',
      'get-no-role': 'denied',
      'get-no-access-policy': 'denied',
      'get-policy-refused': 'denied',
      'get-firewall': 'denied',
      throttled: 'throttled',
    };

    test.each(reported)('what is reported of it is understood by its codes: $id', async ({ id, request, response }) => {
      const code = expected[id];
      if (code === undefined) throw new Error(`${id} has no meaning here`);
      const inner = response.innererror_code;
      const error = { code: response.error_code ?? 'Throttled', message: 'appid=x;oid=y', innererror: { code: inner } };
      const answer = {
        status: response.status,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: { error },
      };
      replay.play(challenge, {
        'GET /secrets/x/versions': noVersions,
        'GET /secrets/x/': [answer],
        'PUT /secrets/x': [answer],
      });
      const provider = vault();
      const asked =
        request.method === 'PUT'
          ? provider.write(parsePath('x'), { payload: textPayload('v') })
          : provider.read(parseRef('x'));
      const { message } = await rejected(asked, code);
      expect(message).not.toContain('appid');
    });
  });
}
