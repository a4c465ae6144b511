// An API whose clients have keys of their own, each with its limits.
import Fastify from 'fastify';
import { createKeySet, isKeywardError, openSecrets } from 'keyward';
import { requireKey } from './api-keys.mjs';

const secrets = await openSecrets();
const keys = await createKeySet(secrets, 'service/api_keys', {
  grace: '2h',
  keys: {
    alice: { rate: { requests: 5, per: '1m' } },
    bob: {},
  },
});

const app = Fastify({ logger: true });
app.decorateRequest('client', '');
app.addHook('onRequest', requireKey(keys));
app.addHook('onClose', () => secrets.close());
app.setErrorHandler((error, _request, reply) => {
  if (!isKeywardError(error)) throw error;
  return reply.code(503).send({ error: 'unavailable' });
});

app.get('/orders', async (request) => ({ client: request.client, orders: [] }));

await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
process.once('SIGTERM', () => app.close());
