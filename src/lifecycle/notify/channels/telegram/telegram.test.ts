import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rejected } from '../../../../core/provider-read.contract.js';
import { channelScene, httpsChannel } from '../../../../testing/https-channel.js';
import { channelContract } from '../channel.contract.js';
import { createTelegramChannel } from './telegram.js';

const token = 'notifications/telegram_token';
const chat = 'notifications/telegram_chat_id';
const secrets = { [token]: '123456:canary-token_A', [chat]: '-100200300' };

channelContract(
  { describe, test, skip: test.skip },
  'Telegram',
  httpsChannel(
    () => secrets,
    ({ receiver, context }, ca) => createTelegramChannel({ token, chat, server: receiver.address, ca }, context),
  ),
);

let scene: Awaited<ReturnType<typeof channelScene>>;
beforeEach(async () => {
  scene = await channelScene(secrets);
});
afterEach(() => scene.dispose());

const notification = {
  kind: 'test',
  environment: 'production',
  atMs: 0,
  text: '*a* _b_',
  next: 'c',
  key: 'x',
} as const;
const send = () =>
  createTelegramChannel({ token, chat, server: scene.receiver.address, ca: scene.ca }, scene.context).send(
    notification,
  );

describe('Telegram', () => {
  test('is sent a plain text by the bot to the chat', async () => {
    await send();
    const [{ path, body } = { path: '', body: '' }] = scene.receiver.received;
    expect(path).toBe('/bot123456:canary-token_A/sendMessage');
    expect(JSON.parse(body)).toEqual({
      chat_id: '-100200300',
      text: '[production] *a* _b_\nnext: c',
      link_preview_options: { is_disabled: true },
    });
  });

  test.each(['canary', '1:canary/../x', '1:canary?x', '1:canary x', ''])(
    'is told nothing with what is no token of a bot: %s',
    async (text) => {
      scene.secrets.set(token, text);
      const error = await rejected(send(), 'config');
      expect(`${error.message} ${error.advice}`).not.toContain('canary');
      expect(scene.receiver.received).toEqual([]);
    },
  );

  test.each([
    [401, { ok: false, error_code: 401, description: 'Unauthorized' }, 'unauthenticated'],
    [400, { ok: false, error_code: 400, description: 'Bad Request: chat not found' }, 'config'],
    [403, { ok: false, error_code: 403, description: 'Forbidden: bot was blocked by the user' }, 'denied'],
    [404, { ok: false, error_code: 404, description: 'Not Found' }, 'config'],
    [502, { ok: false, error_code: 502, description: 'Bad Gateway' }, 'unavailable'],
  ] as const)('that answers %i is understood', async (status, answer, code) => {
    scene.receiver.answer = (_request, outgoing) => void outgoing.writeHead(status).end(JSON.stringify(answer));
    await rejected(send(), code);
  });

  test('that asks to wait says for how long', async () => {
    const answer = { ok: false, error_code: 429, description: 'Too Many Requests', parameters: { retry_after: 12 } };
    scene.receiver.answer = (_request, outgoing) => void outgoing.writeHead(429).end(JSON.stringify(answer));
    expect((await rejected(send(), 'throttled')).advice).toContain('12 s');
  });
});
