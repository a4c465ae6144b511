import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.js';
import { type ErrorCode, KeywardError } from '../../../../core/errors.js';
import { rejected } from '../../../../core/provider-read.contract.js';
import type { RotationKind } from '../../../../core/rotator-settings.js';
import { Secret } from '../../../../core/secret.js';
import { FakeClock } from '../../../../testing/fake-clock.js';
import { HttpsReceiver } from '../../../../testing/https-receiver.js';
import { type TemporaryFolder, temporaryFolder } from '../../../../testing/temporary-folder.js';
import { rotatorContract } from '../rotator.contract.js';
import { createWebhookRotator, type WebhookRotatorOptions } from './webhook.js';
import { webhookRotatorKind } from './webhook-kind.js';

const signing = 'canary-of-the-signing-secret';
const initial = new Map([['password', Secret.fromText('canary-first')]]);

let receiver: HttpsReceiver;
let folder: TemporaryFolder;
beforeEach(async () => {
  receiver = await HttpsReceiver.start();
  folder = temporaryFolder();
  folder.write('ca.pem', receiver.certificate);
});
afterEach(async () => {
  await receiver.stop();
  folder.remove();
});

const rotatorOf = (change: Partial<WebhookRotatorOptions> = {}) =>
  createWebhookRotator({
    url: `${receiver.address}/rotate`,
    secret: async () => Secret.fromText(signing),
    kind: 'overlap',
    path: 'app/password',
    timeoutMs: 30_000,
    ca: 'ca.pem',
    folder: folder.path(''),
    clock: systemClock,
    ...change,
  });

/** A service that takes the passwords in a set. */
function serve(kind: RotationKind): void {
  const accepted = new Set(['canary-first']);
  let made = 0;
  receiver.answer = ({ body }, outgoing) => {
    const { step, from, to } = JSON.parse(body);
    made += 1;
    if (step === 'set' && kind === 'swap') accepted.clear();
    if (step === 'set') accepted.add(to.password);
    if (step === 'revoke') accepted.delete(from.password);
    if (step === 'test' && !accepted.has(to.password)) outgoing.writeHead(422);
    outgoing.end(step === 'generate' ? JSON.stringify({ password: `made-${made}` }) : '');
  };
}

for (const kind of ['overlap', 'swap'] as readonly RotationKind[]) {
  rotatorContract({ describe, test, skip: test.skip }, `a webhook (${kind})`, async () => {
    serve(kind);
    return { subject: { rotator: rotatorOf({ kind }), initial } };
  });
}

/** Statuses, and what becomes of a test, of which nothing but a refusal is one. */
const answers: readonly (readonly [number, ErrorCode | undefined])[] = [
  [200, undefined],
  [204, undefined],
  [409, 'unauthenticated'],
  [422, 'unauthenticated'],
  [400, 'unavailable'],
  [401, 'unavailable'],
  [403, 'unavailable'],
  [404, 'unavailable'],
  [429, 'unavailable'],
  [500, 'unavailable'],
  [503, 'unavailable'],
];

describe('a webhook that rotates', () => {
  test('gets step, path and credentials in the body alone, signed with the time', async () => {
    const clock = new FakeClock(Date.UTC(2030, 0, 1));
    await rotatorOf({ clock }).set({ from: initial, to: new Map([['password', Secret.fromText('canary-next')]]) });
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = receiver.received;
    expect(JSON.parse(body)).toEqual({
      step: 'set',
      path: 'app/password',
      from: { password: 'canary-first' },
      to: { password: 'canary-next' },
    });
    const expected = createHmac('sha256', signing).update(`1893456000.${body}`).digest('hex');
    expect(headers['keyward-signature']).toBe(`v1=${expected}`);
    expect(path + JSON.stringify(headers)).not.toContain('canary');
  });

  test.each(answers)('that answers %i is understood', async (status, code) => {
    receiver.answer = ({ body }, outgoing) => void outgoing.writeHead(status).end(status === 204 ? '' : body);
    const answer = rotatorOf().test(initial);
    if (code === undefined) return answer;
    const error = await rejected(answer, code);
    expect(`${error.message} ${error.advice} ${error.stack}`).not.toContain('canary');
  });

  test('refuses a form by 409 or 422', async () => {
    for (const status of [409, 422]) {
      receiver.answer = (_request, outgoing) => void outgoing.writeHead(status).end();
      await rejected(rotatorOf().set({ from: undefined, to: initial }), 'invalid');
    }
  });

  test.each([301, 302, 307, 308])('is not followed elsewhere, which leaves open what happened: %i', async (status) => {
    receiver.answer = (_request, outgoing) => void outgoing.writeHead(status, { location: '/elsewhere' }).end();
    await rejected(rotatorOf().test(initial), 'unavailable');
    expect(receiver.received).toHaveLength(1);
  });

  test('that says too much, or breaks off, leaves open what happened', async () => {
    receiver.answer = (_request, outgoing) => void outgoing.end('x'.repeat(1024 * 1024 + 1));
    await rejected(rotatorOf().set({ from: undefined, to: initial }), 'unavailable');
    receiver.answer = (_request, outgoing) => void outgoing.destroy();
    await rejected(rotatorOf().set({ from: undefined, to: initial }), 'unavailable');
  });

  test('that does not answer in time leaves open what happened', async () => {
    const clock = new FakeClock();
    const arrived = new Promise<void>((resolve) => {
      receiver.answer = () => resolve();
    });
    const late = rejected(rotatorOf({ clock }).test(initial), 'timeout');
    await arrived;
    await clock.advance(30_000);
    await late;
  });

  test('is sent nothing when it is not proven to be the right one, or a name leads to the metadata of a cloud', async () => {
    await rejected(rotatorOf({ ca: undefined }).test(initial), 'integrity');
    await rejected(rotatorOf({ url: 'https://169.254.169.254/' }).test(initial), 'config');
    expect(() => rotatorOf({ url: 'http://hook.example/' })).toThrow(KeywardError);
    expect(receiver.received).toEqual([]);
  });

  test('is no judge of a credential when what signs cannot be read', async () => {
    const secret = () => Promise.reject(new KeywardError('denied', 'the store refuses'));
    await rejected(rotatorOf({ secret }).test(initial), 'unavailable');
    expect(receiver.received).toEqual([]);
  });

  test.each(['', 'canary', '[]', '{}', '{"password":1}', '{"password":""}', '{"a":"canary"'])(
    'that makes no credential is refused without repeating it: %s',
    async (text) => {
      receiver.answer = (_request, outgoing) => void outgoing.end(text);
      const error = await rejected(rotatorOf().generate(undefined), 'config');
      expect(`${error.message}${error.advice}${error.stack}`).not.toContain('canary');
    },
  );

  test('is not asked for a credential that is made here', async () => {
    const rotator = rotatorOf({ generate: async () => initial });
    await rotator.test(await rotator.generate(initial));
    expect(receiver.received.map(({ body }) => JSON.parse(body).step)).toEqual(['test']);
  });

  test('is configured with all that it needs, at an address that is protected', () => {
    const problems = (change: Readonly<Record<string, unknown>>) => [
      ...(webhookRotatorKind.problems?.(
        { url: 'https://hook.example/rotate', secret: 'a/b', kind: 'overlap', ...change },
        'app/password',
      ) ?? []),
    ];
    expect(problems({ recipe: 'hex:32', timeout: 60_000 })).toEqual([]);
    for (const change of [
      { url: undefined },
      { url: 'http://hook.example' },
      { url: 'unix:///run/docker.sock' },
      { url: 'file:///etc/passwd' },
      { secret: undefined },
      { secret: 'app/password' },
      { kind: undefined },
      { timeout: 60_001 },
    ]) {
      expect(problems(change), JSON.stringify(change)).toHaveLength(1);
    }
  });
});
