import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parsePath } from '../../../src/core/path.js';
import { payloadText, textPayload } from '../../../src/core/payload.js';
import { rejected } from '../../../src/core/provider-read.contract.js';
import { parseRef } from '../../../src/core/ref.js';
import { type GcpOptions, gcpProvider } from './gcp-fixture.js';
import { GcpReplay, type Recorded } from './gcp-replay.js';

/** A call over gRPC, in the JSON form of its messages. */
interface RecordedCall {
  readonly id: string;
  readonly rpc: string;
  readonly request: { readonly name?: string; readonly parent?: string };
  readonly response?: unknown;
  readonly error?: { readonly status: string; readonly message: string };
}

const file = new URL('../../../../shared/recordings/google-secret-manager.json', import.meta.url);

if (!existsSync(file)) {
  test('the recordings are not at ../shared/recordings beside this checkout, so none of them was replayed', () => {
    expect(existsSync(file)).toBe(false);
  });
} else {
  describe('what the real service answered', () => {
    const recordings: { exchanges: readonly Recorded[]; grpc_exchanges: readonly RecordedCall[] } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    let replay: GcpReplay;

    beforeAll(async () => {
      replay = await GcpReplay.start();
    });
    afterEach(() => {
      expect({ surprises: replay.surprises, left: replay.left }).toEqual({ surprises: [], left: 0 });
    });
    afterAll(() => replay?.stop());

    const over = (options: GcpOptions = {}) =>
      gcpProvider({ project: 'example-project', endpoint: replay.address, naming: 'verbatim', ...options });
    const plays = (...ids: readonly string[]) =>
      replay.play(
        ...ids.map((id) => {
          const exchange = recordings.exchanges.find((candidate) => candidate.id === id);
          const call = recordings.grpc_exchanges.find((candidate) => candidate.id === id);
          if (exchange !== undefined) return exchange;
          if (call === undefined) throw new Error(`no ${id} was recorded`);
          return overHttp(call);
        }),
      );
    const data = (id: string) => {
      const body: { payload?: { data?: string } } =
        recordings.exchanges.find((each) => each.id === id)?.request.body ?? {};
      return Buffer.from(body.payload?.data ?? '', 'base64').toString();
    };

    test('a secret is created, gets a version, which is disabled and destroyed, and is deleted', async () => {
      const provider = over();
      const path = parsePath('secretmanagersecretversion-dep-abc123');
      plays('get-secret-not-found-1', 'create-secret-1', 'add-version-1');
      const written = await provider.write(path, { payload: textPayload(data('add-version-1')) }, { ifVersion: 0 });
      expect(written).toMatchObject({ number: 1, createdAt: new Date('2024-04-01T12:34:56.123Z') });
      plays('get-version-1', 'disable-1');
      await provider.remove(parseRef(`${path}@1`), { mode: 'soft' });
      plays('get-version-2', 'destroy-1');
      await provider.remove(parseRef(`${path}@1`), { mode: 'destroy' });
      plays('get-secret-1', 'delete-secret-1');
      await provider.remove({ path }, { mode: 'purge' });
    });

    test('a regional secret is under the name of its region, and is changed by mask and etag', async () => {
      const provider = over({ location: 'us-central1' });
      const path = parsePath('regionalsecretmanagersecret-abc123');
      plays('regional-get-secret-not-found-1');
      expect(await provider.describe(path)).toBeUndefined();
      plays('regional-get-secret-1', 'regional-update-secret-1');
      const metadata = { bar: 'regionalsecretmanagersecret-bar', foo: 'regionalsecretmanagersecret' };
      await provider.write(path, { metadata }, {});
      plays('regional-get-secret-1', 'regional-delete-secret-1');
      await provider.remove({ path }, { mode: 'purge' });
    });

    test('a value comes with its number, under the number of the project, and with its checksum', async () => {
      const provider = over();
      const path = parsePath('test-config-variable');
      const reads = async (id: string) => {
        plays(id);
        const found = await provider.read({ path });
        return found && [found.version?.number, payloadText(found.payload)];
      };
      expect(await reads('grpc-access-secret-version-not-found-2')).toBeUndefined();
      expect(await reads('grpc-access-secret-version-1')).toEqual([1, 'hello world']);
      expect(await reads('grpc-access-secret-version-3')).toEqual([2, 'goodbye world']);
    });

    test('a secret that never was is absent', async () => {
      plays('grpc-access-secret-version-not-found-1');
      expect(await over().read({ path: parsePath('does-not-exist') })).toBeUndefined();
      plays('grpc-access-secret-version-not-found-3', 'grpc-access-secret-version-4');
      const reads = () => over().read({ path: parsePath('variable-for-as') });
      expect([await reads(), (await reads())?.version?.number]).toEqual([undefined, 1]);
    });

    test('a value whose checksum is another is refused', async () => {
      plays('grpc-access-secret-version-1');
      const [call] = recordings.grpc_exchanges.filter(({ id }) => id === 'grpc-access-secret-version-1');
      if (call === undefined) throw new Error('no access was recorded');
      const damaged = JSON.stringify(overHttp(call)).replace('3381945770', '3381945771');
      replay.play(JSON.parse(damaged));
      await rejected(over().read({ path: parsePath('test-config-variable') }), 'integrity');
    });
  });
}

const rest: Readonly<Record<string, (name: string) => string>> = {
  AccessSecretVersion: (name) => `/v1/${name}:access`,
  GetSecretVersion: (name) => `/v1/${name}`,
};

/** The call as the annotations of the protocol have it over HTTP. */
function overHttp({ id, rpc, request, response, error }: RecordedCall): Recorded {
  const path = rest[rpc]?.(request.name ?? '') ?? '';
  const body = error === undefined ? response : { error: { code: 404, message: error.message, status: error.status } };
  const status = error === undefined ? 200 : 404;
  return { id, request: { method: 'GET', path, query: {}, body: null }, response: { status, body } };
}
