// An API behind a token that may be replaced at any time, with logs that never show it.
import Fastify from 'fastify';
import { openSecrets } from 'keyward';
import { createLogRedactor, pinoRedaction } from 'keyward/redaction';

const secrets = await openSecrets();
const token = await secrets.handle('app/api_token'); // a token that is missing ends the program here
const redactor = createLogRedactor({ values: () => secrets.known() });

const app = Fastify({ logger: pinoRedaction(redactor) });
app.addHook('onClose', () => secrets.close());
token.onChange(() => app.log.info('the token was replaced'));
token.onError((error) => app.log.error({ code: error.code }, error.message));

app.addHook('onRequest', async (request, reply) => {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization)?.[1] ?? '';
  if (!token.current().equals(given)) return reply.code(401).send({ error: 'unauthorized' });
});

app.get('/orders', async (request) => {
  request.log.info({ headers: request.headers }, 'orders were asked for');
  return { orders: [] };
});

await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
process.once('SIGTERM', () => app.close());
