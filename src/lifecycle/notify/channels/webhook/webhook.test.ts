import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../../../../core/path.js';
import { rejected } from '../../../../core/provider-read.contract.js';
import { FakeClock } from '../../../../testing/fake-clock.js';
import { channelScene, httpsChannel } from '../../../../testing/https-channel.js';
import { channelContract } from '../channel.contract.js';
import { createWebhookChannel } from './webhook.js';

const secret = 'notifications/webhook_secret';
const value = 'canary-of-the-signing-secret';

channelContract(
  { describe, test, skip: test.skip },
  'a webhook',
  httpsChannel(
    () => ({ [secret]: value }),
    ({ receiver, context }, ca) => createWebhookChannel({ url: `${receiver.address}/hook`, secret, ca }, context),
  ),
);

let scene: Awaited<ReturnType<typeof channelScene>>;
beforeEach(async () => {
  scene = await channelScene({ [secret]: value });
});
afterEach(() => scene.dispose());

const notification = {
  kind: 'rotation-failed',
  path: parsePath('a/b'),
  environment: 'production',
  atMs: Date.UTC(2030, 0, 1),
  text: 'a/b could not be rotated',
  key: 'failed 1',
} as const;

describe('what a webhook is sent', () => {
  test('is JSON with all that there is to say, signed with the time', async () => {
    const { receiver, ca } = scene;
    const context = { ...scene.context, clock: new FakeClock(Date.UTC(2030, 0, 1, 0, 0, 7, 900)) };
    await createWebhookChannel({ url: `${receiver.address}/hook`, secret, ca }, context).send(notification);
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = receiver.received;
    expect(path).toBe('/hook');
    expect(JSON.parse(body)).toEqual({
      kind: 'rotation-failed',
      path: 'a/b',
      environment: 'production',
      at: '2030-01-01T00:00:00.000Z',
      text: 'a/b could not be rotated',
      key: 'failed 1',
    });
    expect(headers['keyward-timestamp']).toBe('1893456007');
    const expected = createHmac('sha256', value).update(`1893456007.${body}`).digest('hex');
    expect(headers['keyward-signature']).toBe(`v1=${expected}`);
  });

  test('is nothing where the secret could be guessed', async () => {
    scene.secrets.set(secret, 'fifteen letters');
    const { receiver, ca, context } = scene;
    const channel = createWebhookChannel({ url: receiver.address, secret, ca }, context);
    await rejected(channel.send(notification), 'config');
    expect(receiver.received).toEqual([]);
  });

  test.each([301, 302, 307, 308])('is not sent on to where the answer points: %i', async (status) => {
    const { receiver, ca, context } = scene;
    receiver.answer = (_request, outgoing) => void outgoing.writeHead(status, { location: '/elsewhere' }).end();
    await rejected(createWebhookChannel({ url: receiver.address, secret, ca }, context).send(notification), 'invalid');
    expect(receiver.received).toHaveLength(1);
  });
});
