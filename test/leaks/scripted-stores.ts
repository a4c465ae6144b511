import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { encodeName } from '../../src/formats/native-names.js';
import { crc32c } from '../../src/providers/gcp/crc32c.js';

/** One request, as a script sees it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The values that a store holds, by path. */
export type Values = ReadonlyMap<string, string>;

interface AwsBody {
  readonly SecretId?: string;
  readonly Name?: string;
  readonly SecretIdList?: readonly string[];
}

type Answer = readonly [status: number, body: object];

const notFound: Answer = [404, { errors: [] }];
const json = (text: string): Record<string, unknown> => (text === '' ? {} : JSON.parse(text));
const time = '2026-01-02T03:04:05Z';
const seconds = Date.parse(time) / 1000;

/** What each kind of store answers when all is well, as far as the command line asks it; writes are taken and forgotten. */
export const scripts: Readonly<Record<string, (asked: Asked, values: Values, token: string) => Answer>> = {
  vault: ({ method, path, query }, values, token) => {
    const of = (data: unknown): Answer => [200, { request_id: 'r', data }];
    if (path === '/v1/auth/approle/login') {
      return [200, { request_id: 'r', auth: { client_token: token, lease_duration: 3600, renewable: true } }];
    }
    if (path.startsWith('/v1/sys/internal')) return of({ type: 'kv', path: 'secret/', options: { version: '2' } });
    if (path.startsWith('/v1/sys/health')) return [200, { sealed: false, initialized: true }];
    if (path.startsWith('/v1/auth/token')) return of({ display_name: 'approle', policies: ['app'], ttl: 3600 });
    if (path.startsWith('/v1/sys/capabilities')) return of({});
    const name = path.replace(/^\/v1\/secret\/(?:meta)?data\//, '');
    const version = { version: 1, created_time: time, deletion_time: '', destroyed: false, custom_metadata: null };
    if (query.has('list')) {
      const folder = name === '' || name.endsWith('/') ? name : `${name}/`;
      const names = [...values.keys()].filter((key) => key.startsWith(folder));
      const keys = names.map((key) => key.slice(folder.length).replace(/(?<=\/).*/, ''));
      return keys.length === 0 ? notFound : of({ keys: [...new Set(keys)] });
    }
    if (method !== 'GET') return of(version);
    const value = values.get(name);
    if (value === undefined) return notFound;
    if (path.includes('/metadata/')) {
      return of({ versions: { 1: version }, current_version: 1, created_time: time, updated_time: time });
    }
    return of({ data: value.startsWith('{') ? json(value) : { value }, metadata: version });
  },

  aws: ({ headers, body }, values) => {
    const { SecretId = '', Name = SecretId, SecretIdList = [] }: AwsBody = json(body);
    const entry = (name: string) => ({ Name: name, VersionId: 'v'.repeat(32), VersionStages: ['AWSCURRENT'] });
    const whole = (name: string) => ({ ...entry(name), SecretString: values.get(name), CreatedDate: seconds });
    switch (String(headers['x-amz-target']).split('.')[1]) {
      case 'ListSecrets':
        return [200, { SecretList: [...values.keys()].map((name) => ({ Name: name })) }];
      case 'BatchGetSecretValue':
        return [200, { SecretValues: SecretIdList.map(whole), Errors: [] }];
      case 'PutSecretValue':
      case 'CreateSecret':
        return [200, entry(Name)];
    }
    if (!values.has(SecretId)) return [400, { __type: 'ResourceNotFoundException' }];
    const known = { VersionIdsToStages: { ['v'.repeat(32)]: ['AWSCURRENT'] }, Versions: [entry(SecretId)] };
    return [200, { ...whole(SecretId), ...known }];
  },

  ssm: ({ headers, body }, values) => {
    const { Name = '', Names = [] }: { Name?: string; Names?: string[] } = json(body);
    const entry = (name: string) => ({
      Name: name,
      Value: values.get(name.slice(1)),
      Version: 1,
      Type: 'SecureString',
    });
    switch (String(headers['x-amz-target']).split('.')[1]) {
      case 'DescribeParameters':
        return [200, { Parameters: [...values.keys()].map((name) => ({ Name: `/${name}` })) }];
      case 'GetParameters':
        return [200, { Parameters: Names.map(entry), InvalidParameters: [] }];
      case 'PutParameter':
        return [200, { Version: 2 }];
    }
    if (!values.has(Name.slice(1))) return [400, { __type: 'ParameterNotFound' }];
    return [200, { Parameter: entry(Name), Parameters: [{ ...entry(Name), LastModifiedDate: seconds }] }];
  },

  gcp: ({ method, path, body, query }, values) => {
    const [, id = ''] = /\/secrets\/([^/:]+)/.exec(path) ?? [];
    const ids = new Map([...values].map(([name, value]) => [encodeName(name), value]));
    const secret = (name: string) => ({ name: `projects/1/secrets/${name}`, etag: '"1"', createTime: time });
    const version = { name: `projects/1/secrets/${id}/versions/1`, state: 'ENABLED', etag: '"1"', createTime: time };
    if (path.endsWith(':testIamPermissions')) return [200, { permissions: json(body)['permissions'] }];
    if (method === 'POST' && id === '') return [200, secret(query.get('secretId') ?? '')];
    if (path.endsWith(':addVersion')) return [200, version];
    if (id === '') return [200, { secrets: [...ids.keys()].map(secret) }];
    const value = ids.get(id);
    if (value === undefined) return [404, { error: { code: 404, status: 'NOT_FOUND' } }];
    if (path.endsWith('/versions')) return [200, { versions: [version] }];
    if (!path.includes('/versions/')) return [200, secret(id)];
    const data = Buffer.from(value);
    const payload = { data: data.toString('base64'), dataCrc32c: String(crc32c(data)) };
    return [200, path.endsWith(':access') ? { name: version.name, payload } : version];
  },

  azure: ({ method, path, headers }, values) => {
    if (headers.authorization === undefined) return [401, { error: { code: 'Unauthorized' } }];
    const base = `http://${headers.host}/secrets`;
    const [, , id = '', rest = ''] = path.split('/');
    const ids = new Map([...values].map(([name, value]) => [encodeName(name), value]));
    const attributes = { enabled: true, created: seconds, updated: seconds };
    const version = (name: string) => ({ id: `${base}/${name}/${'0'.repeat(32)}`, attributes });
    if (id === '') return [200, { value: [...ids.keys()].map((name) => ({ id: `${base}/${name}`, attributes })) }];
    if (method === 'PUT') return [200, { ...version(id), value: 'taken' }];
    const value = ids.get(id);
    if (value === undefined) {
      return rest === 'versions' ? [200, { value: [] }] : [404, { error: { code: 'SecretNotFound' } }];
    }
    return [200, rest === 'versions' ? { value: [version(id)] } : { ...version(id), value }];
  },

  kubernetes: ({ method, path, body, headers }, values) => {
    const [, id = ''] = /\/secrets\/([^/]+)$/.exec(path) ?? [];
    const ids = new Map([...values].map(([name, value]) => [`kw-${encodeName(name)}`, value]));
    const metadata = (name: string) => ({ name, resourceVersion: '1', creationTimestamp: time });
    const meta = (name: string) => ({ kind: 'PartialObjectMetadata', metadata: metadata(name) });
    if (path.includes('/apis/'))
      return [201, { ...json(body), status: { resourceRules: [], userInfo: { username: 'a' } } }];
    if (method !== 'GET') return [200, meta(id || Object(json(body)['metadata']).name)];
    if (id === '') {
      const items = [...ids.keys()].map(meta);
      return [200, { kind: 'PartialObjectMetadataList', metadata: { resourceVersion: '1' }, items }];
    }
    const value = ids.get(id);
    const gone = { kind: 'Status', reason: 'NotFound', details: { name: id, kind: 'secrets' }, code: 404 };
    if (value === undefined) return [404, gone];
    if (headers.accept?.includes('Partial')) return [200, meta(id)];
    const fields = value.startsWith('{') ? json(value) : { value };
    const data = Object.entries(fields).map(([name, text]) => [name, Buffer.from(String(text)).toString('base64')]);
    return [200, { kind: 'Secret', type: 'Opaque', metadata: metadata(id), data: Object.fromEntries(data) }];
  },
};

/** A server that answers by a script, gives Azure its tokens, and keeps what was shown to it as a proof of who asks. */
export class ScriptedStore {
  readonly #server: Server;
  /** Headers by which the requests were signed. */
  readonly shown = new Set<string>();
  /** What who signs in is given. */
  readonly token = `t${randomBytes(24).toString('base64url')}`;
  address = '';

  private constructor(kind: string, values: Values) {
    this.#server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.once('end', () => {
        const { method = '', url = '/', headers } = incoming;
        const { pathname: path, searchParams: query } = new URL(url, this.address);
        const { authorization = '' } = headers;
        const proof = /(?:Signature=|Bearer )(.+)/.exec(authorization)?.[1];
        if (proof !== undefined) this.shown.add(proof);
        const body = Buffer.concat(chunks).toString();
        const [status, answer]: Answer = path.startsWith('/msi')
          ? [200, { access_token: this.token, expires_on: String(seconds + 9e8), resource: query.get('resource') }]
          : (scripts[kind]?.({ method, path, query, headers, body }, values, this.token) ?? notFound);
        const challenge = 'Bearer authorization="https://login.microsoftonline.com/0", resource="https://127.0.0.1"';
        outgoing.writeHead(status, {
          'content-type': 'application/json',
          ...(status === 401 && { 'www-authenticate': challenge }),
        });
        outgoing.end(JSON.stringify(answer));
      });
    });
  }

  static async start(kind: string, values: Values): Promise<ScriptedStore> {
    const store = new ScriptedStore(kind, values);
    await new Promise<void>((resolve) => store.#server.listen(0, '127.0.0.1', resolve));
    const bound = store.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the scripted store does not listen');
    store.address = `http://127.0.0.1:${bound.port}`;
    return store;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
