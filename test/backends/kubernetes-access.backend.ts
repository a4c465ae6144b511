import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { payloadText, textPayload } from '../../src/core/payload.js';
import { listed, rejected } from '../../src/core/provider-read.contract.js';
import { connectKubernetes } from '../../src/providers/kubernetes/kubernetes-store.js';
import { SecretPlaces } from '../../src/providers/kubernetes/secret-places.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { Kubernetes } from './kubernetes.js';
import { kubernetesProvider, putSecret, seedDocuments } from './kubernetes-fixture.js';

let server: Kubernetes;
let namespace: string;
const path = parsePath('app/token');
const secrets = { apiGroups: [''], resources: ['secrets'] };
const onlyThis = { ...secrets, resourceNames: ['kw-app--token'], verbs: ['get'] };

beforeAll(async () => {
  server = await Kubernetes.start();
  namespace = server.namespace('access');
  await seedDocuments(server, namespace)(path, textPayload('x'));
});
afterAll(() => server?.remove());

const as = (token: string, options: { readonly namespace?: string } = { namespace }) =>
  kubernetesProvider(server, options, server.kubeconfig({ user: { token } }));

describe('a role', () => {
  test('with get on one Secret reads it, and is refused everything else', async () => {
    const provider = as(server.account(namespace, 'reader', [onlyThis]));
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('x'));
    expect((await rejected(provider.read({ path: parsePath('app/other') }), 'denied')).advice).toContain('serves');
    await rejected(listed(provider, ''), 'denied');
    await rejected(provider.write(path, { payload: textPayload('y') }), 'denied');
    await rejected(provider.remove({ path }, { mode: 'purge' }), 'denied');
    expect(await provider.health()).toEqual({ status: 'healthy', findings: [] });
  });

  test('is told from what it is needed for, by name', async () => {
    const needs = { refs: [{ path }, { path: parsePath('app/other') }], writes: false };
    const diagnose = (token: string) => as(token).diagnose?.(needs);
    const narrow = await diagnose(server.account(namespace, 'narrow', [onlyThis]));
    expect(narrow?.identity).toBe(`system:serviceaccount:${namespace}:narrow`);
    expect(narrow?.findings.map(({ severity, cause }) => [severity, cause])).toEqual([
      ['error', 'may not get the Secrets kw-app--other'],
      ['info', expect.stringContaining('not to be seen from here')],
    ]);
    const wide = await diagnose(server.account(namespace, 'lister', [{ ...secrets, verbs: ['get', 'list'] }]));
    expect(wide?.findings.map(({ severity }) => severity)).toEqual(['warning', 'info']);
  });

  test('in one namespace is denied in another, and one without a name in the cluster is a mistake', async () => {
    const token = server.account(namespace, 'stranger', [{ ...secrets, verbs: ['get'] }]);
    await rejected(as(token, { namespace: 'default' }).read({ path }), 'denied');
    expect(await as(token).read({ path: parsePath('app/other') })).toBeUndefined();
    const nowhere = as(server.adminToken, { namespace: 'nowhere' });
    await rejected(nowhere.read({ path }), 'config');
    await rejected(nowhere.write(path, { payload: textPayload('y') }), 'config');
    await rejected(as(token, { namespace: 'a/../b' }).read({ path }), 'config');
  });
});

describe('a token', () => {
  test('that has ended, or is none, is unauthenticated', async () => {
    const token = server.account(namespace, 'former', [onlyThis]);
    for (const wrong of [server.expired(token), 'CANARY-no-token', `${token}x`, 'CANARY\r\nhost: x', 'CANARY-ä']) {
      const error = await rejected(as(wrong).read({ path }), 'unauthenticated');
      expect(JSON.stringify([error.message, error.advice, error.cause])).not.toContain(wrong);
      expect((await as(wrong).health()).status).toBe('unhealthy');
    }
  });

  test('of a pod is read again when it has been replaced', async () => {
    const folder = join(server.folder, 'pod');
    mkdirSync(folder);
    const token = server.account(namespace, 'pod', [onlyThis]);
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write('token', server.expired(token));
    write('ca.crt', server.ca);
    write('namespace', `${namespace}\n`);
    const { hostname, port } = new URL(server.address);
    const clock = new FakeClock();
    const names = { prefix: '', secret: undefined, naming: undefined, overrides: new Map() } as const;
    const store = await connectKubernetes({
      places: new SecretPlaces({ name: 'kubernetes', ...names }),
      clock,
      cluster: {
        store: 'kubernetes',
        project: folder,
        home: folder,
        serviceAccount: folder,
        env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
      },
    });
    await rejected(store.read({ path }, {}), 'unauthenticated');
    write('token', `${token}\n`);
    expect((await store.read({ path }, {}))?.payload).toEqual(textPayload('x'));
    write('token', 'not looked at yet');
    expect((await store.read({ path }, {}))?.payload).toEqual(textPayload('x'));
    clock.advance(60_000);
    await rejected(store.read({ path }, {}), 'unauthenticated');
    store.close();
  });
});

describe('a kubeconfig', () => {
  const reads = (kubeconfig: string, options = { namespace }) =>
    kubernetesProvider(server, options, kubeconfig).read({ path });

  test('signs in with a certificate, and with what a program prints', async () => {
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
    const program = (status: object) => ({
      exec: { command: '/bin/echo', args: [JSON.stringify({ ...credential, status })], env: null },
    });
    const user = program({ token: server.adminToken });
    expect((await reads(server.kubeconfig({ user })))?.payload).toEqual(textPayload('x'));
    const fails = { exec: { command: '/bin/sh', args: ['-c', 'echo CANARY-said >&2; exit 3'] } };
    const error = await rejected(reads(server.kubeconfig({ user: fails })), 'unauthenticated');
    expect(JSON.stringify(error)).not.toContain('CANARY-said');
    expect(error.cause).toBeUndefined();
  });

  test('names its namespace, which the configuration can replace', async () => {
    const provider = kubernetesProvider(server, {}, server.kubeconfig({ namespace }));
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('x'));
  });

  test('is refused where it switches verification off, names a proxy, or has no such context', async () => {
    const cluster = (more: object) => reads(server.kubeconfig({ cluster: more }));
    await rejected(cluster({ 'insecure-skip-tls-verify': true }), 'config');
    await rejected(cluster({ 'proxy-url': 'http://127.0.0.1:9' }), 'config');
    await rejected(cluster({ server: 'http://api.example.com' }), 'config');
    const other = kubernetesProvider(server, { context: 'other' });
    await rejected(other.read({ path }), 'config');
    const broken = await rejected(reads('users: [{name: CANARY-x, user: {token: "CANARY'), 'config');
    expect(JSON.stringify([broken.message, broken.cause])).not.toContain('CANARY');
  });

  test('without the authority of the server gets no answer, and sends no token', async () => {
    const cluster = { 'certificate-authority-data': undefined };
    await rejected(reads(server.kubeconfig({ cluster })), 'integrity');
  });

  test('that the configuration names may not lie in the project', async () => {
    const inside = readdirSync(server.folder).find((name) => name.startsWith('kubeconfig-')) ?? '';
    const error = await rejected(kubernetesProvider(server, { kubeconfig: inside }).read({ path }), 'config');
    expect(error.message).toContain('lies in the project');
  });
});

describe('a Secret', () => {
  const provider = () => kubernetesProvider(server, { namespace });
  const json = (name: string) => JSON.parse(server.kubectl(['get', 'secret', name, '-n', namespace, '-o', 'json']));
  const secret = (name: string, more: object) =>
    server.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, ...more });

  test('that is immutable, or a token of a service account, is not changed', async () => {
    secret('kw-frozen', { immutable: true, stringData: { value: 'x' } });
    const frozen = parsePath('frozen');
    const error = await rejected(provider().write(frozen, { payload: textPayload('y') }), 'unsupported');
    expect(error.advice).toContain('kubectl delete secret kw-frozen');
    server.kubectl(['create', 'serviceaccount', 'owner', '-n', namespace]);
    server.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'kw-held', namespace, annotations: { 'kubernetes.io/service-account.name': 'owner' } },
      stringData: { token: 'x' },
    });
    const held = parsePath('held');
    await rejected(provider().write(held, { payload: textPayload('y') }), 'unsupported');
    await rejected(provider().remove({ path: held }, { mode: 'purge' }), 'unsupported');
    expect(await listed(provider(), 'held')).toEqual([]);
  });

  test('of another type is read, and keeps its type, labels and owners when it is written', async () => {
    const metadata = { name: 'kw-pull', namespace, labels: { team: 'ops' }, annotations: { 'example.com/a': 'b' } };
    const type = 'kubernetes.io/basic-auth';
    server.apply({ apiVersion: 'v1', kind: 'Secret', type, metadata, stringData: { username: 'u', password: 'p' } });
    const pull = parsePath('pull');
    const found = await provider().read({ path: pull });
    expect(found && payloadText(found.payload)).toBe('{"password":"p","username":"u"}');
    expect(found?.metadata).toEqual({});
    await provider().write(pull, { payload: textPayload('{"username":"v"}'), metadata: { owner: 'ops' } });
    expect(json('kw-pull')).toMatchObject({
      type,
      data: { username: 'dg==' },
      metadata: {
        labels: { team: 'ops' },
        annotations: { 'example.com/a': 'b', 'metadata.keyward.dev/owner': 'ops' },
      },
    });
    expect(json('kw-pull').data).not.toHaveProperty('password');
  });

  test('keeps which fields are no texts, until somebody else writes others', async () => {
    const typed = parsePath('typed');
    await provider().write(typed, { payload: textPayload('{"n":1.50,"s":"1.50","l":[1, 2]}') });
    const text = async () => payloadText((await provider().read({ path: typed }))?.payload ?? textPayload(''));
    expect(await text()).toBe('{"l":[1, 2],"n":1.50,"s":"1.50"}');
    secret('kw-typed', { stringData: { n: 'x","y":"z' } });
    expect(JSON.parse(await text()).n).toBe('x","y":"z');
    await provider().write(typed, { payload: textPayload('{"n":"1.50"}') });
    expect(await text()).toBe('{"n":"1.50"}');
  });

  test('with a binary field among others gives the others', async () => {
    await putSecret(server, namespace, 'kw-mixed', [
      ['jks', Buffer.from([0xff, 0xfe])],
      ['password', Buffer.from('p')],
    ]);
    const mixed = parsePath('mixed');
    const found = await provider().read({ path: mixed, field: 'password' });
    expect(found && payloadText(found.payload)).toBe('{"password":"p"}');
    await rejected(provider().read({ path: mixed }), 'unsupported');
    await rejected(provider().read({ path: mixed, field: 'jks' }), 'unsupported');
  });

  test('that waits for its finalizer is deleted, not absent', async () => {
    server.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'kw-held-up', namespace, finalizers: ['example.com/wait'] },
      stringData: { value: 'x' },
    });
    server.kubectl(['delete', 'secret', 'kw-held-up', '-n', namespace, '--wait=false']);
    const { path: waiting } = { path: parsePath('held_up') };
    const named = kubernetesProvider(server, { namespace, names: { held_up: 'kw-held-up' } });
    await rejected(named.read({ path: waiting }), 'deleted');
    expect((await named.describe(waiting))?.current).toBeUndefined();
    expect(await listed(named, 'held_up')).toEqual([]);
  });

  test('takes a mebibyte, and nothing above it is sent', async () => {
    const single = kubernetesProvider(server, { namespace, layout: 'single', secret: 'full' });
    const half = textPayload('x'.repeat(512 * 1024));
    await single.write(parsePath('a'), { payload: half });
    await single.write(parsePath('b'), { payload: half });
    await rejected(single.write(parsePath('c'), { payload: textPayload('x') }), 'too_large');
    await single.remove({ path: parsePath('a') }, { mode: 'purge' });
    await single.write(parsePath('c'), { payload: textPayload('x') });
    expect(await listed(single, '')).toEqual(['b', 'c']);
  });

  test('whose name several paths can have is only that of the path that it keeps', async () => {
    const dashed = kubernetesProvider(server, { namespace, naming: 'dashes' });
    await dashed.write(parsePath('exchange/binance'), { payload: textPayload('x') });
    await rejected(dashed.read({ path: parsePath('exchange-binance') }), 'integrity');
    await rejected(dashed.write(parsePath('exchange-binance'), { payload: textPayload('y') }), 'integrity');
    await putSecret(server, namespace, 'made-by-hand', [['value', Buffer.from('x')]]);
    expect((await dashed.read({ path: parsePath('made/by_hand') }))?.payload).toEqual(textPayload('x'));
    const paths = await listed(dashed, '');
    expect(paths).toEqual(expect.arrayContaining(['exchange/binance', 'made-by-hand']));
    const long = parsePath(`A/${'B'.repeat(200)}`);
    await provider().write(long, { payload: textPayload('long') });
    expect((await provider().read({ path: long }))?.payload).toEqual(textPayload('long'));
    expect(await listed(provider(), 'A')).toEqual([long]);
  });

  test('keeps what others changed between a look and a write without an expected version', async () => {
    const shared = kubernetesProvider(server, { namespace, layout: 'single', secret: 'shared' });
    const paths = Array.from({ length: 6 }, (_, i) => parsePath(`p${i}`));
    await shared.write(parsePath('first'), { payload: textPayload('x') });
    const writes = await Promise.allSettled(paths.map((each) => shared.write(each, { payload: textPayload(each) })));
    const made = paths.filter((_, i) => writes[i]?.status === 'fulfilled');
    expect(await listed(shared, '')).toEqual(expect.arrayContaining(['first', ...made]));
  });

  test('cannot hold a field or a note whose name has no place', async () => {
    await rejected(provider().write(parsePath('f'), { payload: textPayload('{"a b":"x"}') }), 'unsupported');
    const metadata = { 'a b': 'x' };
    await rejected(provider().write(parsePath('f'), { payload: textPayload('x'), metadata }), 'unsupported');
    const large = { a: 'x'.repeat(256 * 1024) };
    await rejected(provider().write(parsePath('f'), { payload: textPayload('x'), metadata: large }), 'too_large');
    expect(await provider().read({ path: parsePath('f') })).toBeUndefined();
  });
});
