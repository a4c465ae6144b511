// Receives webhooks: each is checked with the signing key of the moment.
import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';
import { isKeywardError, openSecrets } from 'keyward';

const secrets = await openSecrets();
const key = await secrets.handle('app/webhook_key'); // a key that is missing ends the program here
const app = express();

app.post('/webhook', express.raw({ type: () => true }), (request, response) => {
  const signature = createHmac('sha256', key.current().exposeBytes())
    .update(request.body ?? '')
    .digest('hex');
  response.sendStatus(isSame(signature, request.get('x-signature')) ? 204 : 401);
});

app.get('/health', async (_request, response) => {
  const { status } = await secrets.health();
  response.status(status === 'healthy' ? 200 : 503).json({ status });
});

// A key that was revoked, or is out of reach for too long: the caller learns that, and nothing else.
app.use((error, _request, response, next) => (isKeywardError(error) ? response.sendStatus(503) : next(error)));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});
process.once('SIGTERM', () => server.close(() => secrets.close()));

function isSame(expected, given = '') {
  const [ours, theirs] = [Buffer.from(expected), Buffer.from(given)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
