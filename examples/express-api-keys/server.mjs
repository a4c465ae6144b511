// An API whose clients have keys of their own, each with its limits.
import express from 'express';
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
const app = express();

app.get('/orders', requireKey(keys), (_request, response) =>
  response.json({ client: response.locals.client, orders: [] }),
);

// The values of the keys cannot be had: the caller learns that, and nothing else.
app.use((error, _request, response, next) => (isKeywardError(error) ? response.sendStatus(503) : next(error)));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});
process.once('SIGTERM', () => server.close(() => secrets.close()));
