import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { managedRotation } from '../../../src/core/managed-rotation.js';
import { parsePath } from '../../../src/core/path.js';
import { textPayload } from '../../../src/core/payload.js';
import type { Provider } from '../../../src/core/provider.js';
import { rejected } from '../../../src/core/provider-read.contract.js';
import { awsProvider } from './aws-fixture.js';
import { AwsEmulator } from './emulator.js';
import { answer, hasRecordings, RecordedService, refusal } from './recorded-service.js';

const path = parsePath('example-secret');
const lambda = 'arn:aws:lambda:us-east-1:123456789012:function:example-rotation';
const versions = { first: '00000000-0000-4000-8000-000000000001', second: '00000000-0000-4000-8000-000000000002' };

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

const asked = () => service.played.asked.map(({ operation, body }) => [operation.split('.')[1], body] as const);
const rotation = () => managedRotation(provider);
const described = (more: object) =>
  answer({ Name: path, VersionIdsToStages: { [versions.first]: ['AWSCURRENT'] }, ...more });

function replayed(): void {
  test('to a rotation that begins and ends', async () => {
    service.play('describe-secret-11', 'rotate-secret-2', 'describe-secret-12');
    const started = await rotation().start(path, { days: 1, function: lambda });
    expect(started).toBe(versions.second);
    const rules = { RotationLambdaARN: lambda, RotationRules: { AutomaticallyAfterDays: 1 } };
    const token = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(asked()[1]).toEqual(['RotateSecret', { SecretId: path, ClientRequestToken: token, ...rules }]);
    expect(await rotation().status(path)).toEqual({
      isEnabled: true,
      days: 1,
      schedule: undefined,
      by: lambda,
      last: new Date(1_700_000_000_123),
      next: new Date(1_700_000_000_123),
      pending: undefined,
    });
  });

  test('to one that is begun again by the rules that are there', async () => {
    service.play('describe-secret-12', 'rotate-secret-3');
    await rotation().start(path);
    expect(Object.keys(asked()[1]?.[1] ?? {}).sort()).toEqual(['ClientRequestToken', 'SecretId']);
  });

  test('when it may not call the function', async () => {
    service.play('describe-secret-12', 'rotate-secret-access-denied-1');
    const error = await rejected(rotation().start(path), 'denied');
    expect(error.advice).toContain('secretsmanager.amazonaws.com');
  });

  test('when the function was taken away meanwhile', async () => {
    service.play('describe-secret-12', 'rotate-secret-invalid-request-1');
    await rejected(rotation().start(path), 'invalid');
  });

  test('of a secret that is not there, and of one that waits for its deletion', async () => {
    service.play('describe-secret-resource-not-found-2');
    await rejected(managedRotation(provider).start(parsePath('test-config-variable')), 'not_found');
    service.play('describe-secret-2');
    await rejected(managedRotation(provider).start(parsePath('test-config-variable')), 'deleted');
  });
}

if (hasRecordings) {
  describe('what the real service answered', replayed);
} else {
  test('the recordings are not at ../shared/recordings beside this checkout, so none of them was replayed', () => {
    expect(hasRecordings).toBe(false);
  });
}

describe('a rotation', () => {
  test('that is pending is told of, and keeps another one from beginning', async () => {
    const pending = described({
      RotationEnabled: true,
      RotationLambdaARN: lambda,
      RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '3h' },
      VersionIdsToStages: { [versions.first]: ['AWSCURRENT'], [versions.second]: ['AWSPENDING'] },
    });
    service.play(pending, pending);
    expect(await rotation().status(path)).toMatchObject({ pending: versions.second, schedule: 'rate(10 days)' });
    const error = await rejected(rotation().start(path), 'conflict');
    expect(error.advice).toContain(`--version-stage AWSPENDING --remove-from-version-id ${versions.second}`);
    const done = { VersionIdsToStages: { [versions.second]: ['AWSCURRENT', 'AWSPENDING'] }, RotationLambdaARN: lambda };
    service.play(described(done), answer({ Name: path, VersionId: versions.first }));
    await rotation().start(path);
  });

  test('of a secret that a service of AWS owns needs no function', async () => {
    service.play(described({ OwningService: 'rds' }), answer({ Name: path, VersionId: versions.second }));
    expect(await rotation().start(path, { schedule: 'rate(10 days)', isDeferred: true })).toBeUndefined();
    expect(asked()[1]?.[1]).toMatchObject({
      RotationRules: { ScheduleExpression: 'rate(10 days)' },
      RotateImmediately: false,
    });
    service.play(described({ OwningService: 'rds' }));
    expect(await rotation().status(path)).toMatchObject({ by: 'rds', isEnabled: false });
  });

  test('that nothing would do is not asked for', async () => {
    service.play(described({ RotationLambdaARN: '' }));
    await rejected(rotation().start(path), 'unsupported');
  });

  test('by rules that the service does not take is refused before anything is sent, and none of them is repeated', async () => {
    service.play();
    const canary = 'CANARY-4f1c9a';
    for (const rules of [
      { days: 0 },
      { days: 1001 },
      { days: 1.5 },
      { days: Number.NaN },
      { days: 1, schedule: 'rate(1 day)' },
      { schedule: '' },
      { schedule: canary },
      { schedule: `rate(1 day)\n${canary}` },
      { schedule: `rate(${'1'.repeat(300)})` },
      { function: canary },
      { function: `${lambda} ` },
      { function: '' },
    ])
      await rejected(rotation().start(path, rules), 'invalid');
    expect(asked()).toEqual([]);
  });

  test.each([
    [refusal('AccessDeniedException'), 'denied'],
    [refusal('ThrottlingException'), 'throttled'],
    [refusal('InvalidParameterException'), 'invalid'],
    [answer({ Name: 'other', VersionId: 'x' }), 'integrity'],
    [answer({}), 'invalid'],
  ] as const)('whose answer is %o fails as %s', async (last, code) => {
    service.play(described({ RotationLambdaARN: lambda }), last);
    await rejected(rotation().start(path), code);
  });
});

test('a function of ministack makes a version that is then the current one', async () => {
  const ministack = await AwsEmulator.ministack();
  const name = parsePath('database/postgres');
  const own = awsProvider(ministack.address, { prefix: 'rotated' });
  try {
    await own.write(name, { payload: textPayload('kept') });
    const version = await managedRotation(own).start(name, { days: 30, function: lambda });
    expect((await own.read({ path: name }))?.version?.id).toBe(version);
    expect(await managedRotation(own).status(name)).toMatchObject({ isEnabled: true, days: 30, by: lambda });
    expect(await managedRotation(own).start(name)).not.toBe(version);
  } finally {
    await own.close();
    await ministack.remove();
  }
});
