import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rejected } from '../../../../core/provider-read.contract.js';
import { channelScene, httpsChannel } from '../../../../testing/https-channel.js';
import { channelContract } from '../channel.contract.js';
import { createSlackChannel } from './slack.js';

const url = 'notifications/slack_webhook_url';
const place = '/services/T0/B0/canary';

channelContract(
  { describe, test, skip: test.skip },
  'Slack',
  httpsChannel(
    (address) => ({ [url]: `${address}${place}` }),
    ({ receiver, context }, ca) => createSlackChannel({ url, server: receiver.address, ca }, context),
  ),
);

let scene: Awaited<ReturnType<typeof channelScene>>;
beforeEach(async () => {
  scene = await channelScene({});
  scene.secrets.set(url, `${scene.receiver.address}${place}`);
});
afterEach(() => scene.dispose());

const notification = { kind: 'test', environment: 'production', atMs: 0, text: '<!channel> & <b>', key: 'x' } as const;
const send = (server: string | undefined = scene.receiver.address) =>
  createSlackChannel({ url, server, ca: scene.ca }, scene.context).send(notification);

describe('Slack', () => {
  test('is sent a text in which nothing has a meaning of its own', async () => {
    await send();
    const [{ path, body } = { path: '', body: '' }] = scene.receiver.received;
    expect(path).toBe(place);
    expect(JSON.parse(body)).toEqual({ text: '[production] &lt;!channel&gt; &amp; &lt;b&gt;' });
  });

  test.each([
    'https://hooks.slack.com/services/T0/B0/canary',
    'http://169.254.169.254/latest/meta-data/canary',
    'https://127.0.0.1:1/services/canary',
    'canary',
    '',
  ])('is told nothing where the secret leads to another server than the configuration: %s', async (text) => {
    scene.secrets.set(url, text);
    const error = await rejected(send(), 'config');
    expect(`${error.message} ${error.advice}`).not.toContain('canary');
    expect(scene.receiver.received).toEqual([]);
  });

  test('is the one of Slack where no server is named', async () => {
    const error = await rejected(createSlackChannel({ url }, scene.context).send(notification), 'config');
    expect(error.message).toContain('https://hooks.slack.com');
  });

  test.each([
    [400, 'invalid_payload', 'config'],
    [403, 'action_prohibited', 'denied'],
    [404, 'no_service', 'config'],
    [410, 'channel_is_archived', 'config'],
    [500, 'rollup_error', 'unavailable'],
  ] as const)('that answers %i %s is understood', async (status, text, code) => {
    scene.receiver.answer = (_request, outgoing) => void outgoing.writeHead(status).end(text);
    await rejected(send(), code);
  });

  test('that asks to wait says for how long', async () => {
    scene.receiver.answer = (_request, outgoing) => void outgoing.writeHead(429, { 'retry-after': '30' }).end();
    expect((await rejected(send(), 'throttled')).advice).toContain('30 s');
  });
});
