// A trading bot that knows Keyward: it asks for secrets by path and never holds a value that could print itself.
import { createHmac } from 'node:crypto';
import { openSecrets } from 'keyward';

const secrets = await openSecrets();
try {
  const binance = await secrets.credentials('binance');
  const database = await secrets.get('database/url');
  const { passphrase } = await secrets.getAll('exchange/kucoin');

  const order = 'symbol=BTCUSDT&side=BUY&quantity=1&timestamp=1700000000000';
  const signature = createHmac('sha256', binance.apiSecret.expose()).update(order).digest('hex');

  const { provider, version } = binance.apiSecret.origin;
  console.log(`binance: credentials from ${provider}, version ${version}`);
  console.log(`binance: order signed, signature begins ${signature.slice(0, 12)}`);
  console.log(`database: ${database} (${database.byteLength} bytes)`);
  console.log(`kucoin: passphrase ${passphrase}`);
} finally {
  await secrets.close();
}
