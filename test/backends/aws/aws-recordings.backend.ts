import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/core/errors.js';
import { parsePath } from '../../../src/core/path.js';
import { binaryPayload, textPayload } from '../../../src/core/payload.js';
import type { Provider } from '../../../src/core/provider.js';
import { listed, rejected } from '../../../src/core/provider-read.contract.js';
import { parseRef } from '../../../src/core/ref.js';
import { awsProvider } from './aws-fixture.js';
import { exchange, hasRecordings, RecordedService, refusal, reported } from './recorded-service.js';

const wire = parsePath('test-config-variable');
const example = parsePath('example-secret');
const hello = binaryPayload(new TextEncoder().encode('hello world'));
const goodbye = binaryPayload(new TextEncoder().encode('goodbye world'));

let service: RecordedService;
let provider: Provider;

beforeAll(async () => {
  service = await RecordedService.start();
  provider = awsProvider(service.address);
});
afterEach(() => expect(service.played.left).toBe(0));
afterAll(async () => {
  await provider?.close();
  await service?.stop();
});

const operations = () => service.played.asked.map(({ operation }) => operation.split('.')[1]);
const tokenOf = (id: string) => String(exchange(id).request.body?.['ClientRequestToken']);

function replayed(): void {
  test('attest that a secret is absent', async () => {
    service.play('get-secret-value-resource-not-found-1');
    expect(await provider.read(parseRef('does-not-exist'))).toBeUndefined();
    const [asked] = service.played.asked;
    expect(asked?.body).toMatchObject(exchange('get-secret-value-resource-not-found-1').request.body ?? {});
  });

  test('to a secret that is made, read, replaced and read', async () => {
    const tokens = [tokenOf('create-secret-4'), tokenOf('put-secret-value-1')] as const;
    service.play('create-secret-4', 'get-secret-value-4', 'put-secret-value-1', 'get-secret-value-6');
    await provider.write(wire, { payload: hello }, { token: tokens[0], ifVersion: 0 });
    const first = await provider.read({ path: wire });
    expect(first).toMatchObject({ payload: hello, version: { id: tokens[0], number: undefined, stages: ['current'] } });
    expect(first?.version?.createdAt?.toISOString()).toBe('2026-03-19T15:32:25.525Z');
    await provider.write(wire, { payload: goodbye }, { token: tokens[1] });
    expect(await provider.read({ path: wire })).toMatchObject({ payload: goodbye, version: { id: tokens[1] } });
    const { asked } = service.played;
    expect(asked[0]?.body).toEqual(exchange('create-secret-4').request.body);
    expect(asked[2]?.body).toEqual(exchange('put-secret-value-1').request.body);
  });

  test('to a purge are waited for until the name is free again', async () => {
    const gone = 'describe-secret-resource-not-found-2';
    service.play('describe-secret-3', 'delete-secret-2', 'describe-secret-4', 'describe-secret-4', gone);
    await provider.remove({ path: wire }, { mode: 'purge' });
    expect(service.played.asked[1]?.body).toEqual(exchange('delete-secret-2').request.body);
    service.play('get-secret-value-resource-not-found-2', 'create-secret-3', 'get-secret-value-3');
    expect(await provider.read({ path: wire })).toBeUndefined();
    await provider.write(wire, { payload: goodbye }, { token: tokenOf('create-secret-3'), ifVersion: 0 });
    expect((await provider.read({ path: wire }))?.payload).toEqual(goodbye);
  });

  test('to a deletion with a recovery window, and to a restoration', async () => {
    service.play('delete-secret-8', 'restore-secret-1');
    await provider.remove({ path: example }, { mode: 'soft' });
    expect(service.played.asked[0]?.body).toEqual({ SecretId: 'example-secret', RecoveryWindowInDays: 30 });
    await provider.restore({ path: example });
  });

  test('to a history show versions without a label too, the current one first', async () => {
    service.play('describe-secret-22', 'list-secret-version-ids-9');
    const versions = (await provider.describe(example))?.versions;
    expect(versions).toHaveLength(4);
    expect(versions?.flatMap(({ stages }) => stages).sort()).toEqual(['current', 'previous']);
    expect(service.played.asked[1]?.body).toMatchObject({ IncludeDeprecated: true });
  });

  test('to a listing and to tags', async () => {
    service.play('list-secrets-1', 'describe-secret-16', 'list-secret-version-ids-1');
    expect(await listed(provider, '')).toEqual(['example-secret']);
    expect((await provider.describe(example))?.metadata).toEqual({ tag1: 'value1' });
  });

  test('put a version beside the current one, and move the label', async () => {
    const token = '00000000-0000-4000-8000-000000000002';
    service.play('put-secret-value-11', 'update-secret-version-stage-2');
    await provider.write(example, { payload: textPayload('S2') }, { token, ifVersion: token.replace('2', '1') });
    expect(operations()).toEqual(['PutSecretValue', 'UpdateSecretVersionStage']);
  });

  test.each([
    ['get-secret-value-resource-not-found-3', 'example-secret'],
    ['get-secret-value-resource-not-found-4', 'example-secret@00000000-0000-4000-8000-000000000009'],
    ['get-secret-value-resource-not-found-5', 'example-secret@pending'],
    ['get-secret-value-resource-not-found-6', 'example-secret@previous'],
    ['get-secret-value-resource-not-found-7', 'example-secret'],
  ])('%s attest that there is no such version', async (id, ref) => {
    service.play(id);
    expect(await provider.read(parseRef(ref))).toBeUndefined();
  });

  test('tell a deleted secret from one that cannot be, by what they say', async () => {
    service.play('create-secret-invalid-request-2');
    const name = parsePath('app/token');
    const error = await rejected(provider.write(name, { payload: hello }, { ifVersion: 0 }), 'deleted');
    expect(error.advice).toContain('aws secretsmanager restore-secret --secret-id app/token');
    service.play('describe-secret-16', 'tag-resource-invalid-request-1');
    await rejected(provider.write(example, { metadata: { a: 'b' } }), 'deleted');
    service.play('get-secret-value-validation-1');
    await rejected(provider.read({ path: example }), 'invalid');
    service.play('get-secret-value-invalid-request-1', 'describe-secret-16');
    await rejected(provider.read({ path: example }), 'invalid');
  });

  test('say that somebody was faster', async () => {
    service.play('create-secret-resource-exists-1', 'describe-secret-1');
    await rejected(provider.write(wire, { payload: hello }, { ifVersion: 0 }), 'conflict');
  });

  const codes: Readonly<Record<string, ErrorCode>> = {
    'get-no-permission': 'denied',
    'get-no-kms': 'denied',
    throttled: 'throttled',
    'expired-token': 'unauthenticated',
    decryption: 'denied',
  };
  test.each(Object.entries(codes))('reported as %s mean %s', async (id, code) => {
    const { error = '' } = reported.find((row) => row.id === id)?.response ?? {};
    service.play(refusal(error));
    await rejected(provider.read({ path: example }), code);
  });

  test('that refuse a deleted secret in words that were not recorded are asked about', async () => {
    service.play(refusal('InvalidRequestException'), 'describe-secret-2');
    await rejected(provider.read({ path: wire }), 'deleted');
    service.play(refusal('InvalidRequestException'), refusal('AccessDeniedException'));
    await rejected(provider.read({ path: wire }), 'invalid');
  });

  test('about another secret than was asked for are refused', async () => {
    service.play('get-secret-value-8');
    await rejected(provider.read(parseRef('example-secret-AbCdEf')), 'integrity');
  });
}

if (hasRecordings) {
  describe('the answers of the real service', replayed);
} else {
  test('the recordings are not at ../shared/recordings beside this checkout, so none of them was replayed', () => {
    expect(hasRecordings).toBe(false);
  });
}
