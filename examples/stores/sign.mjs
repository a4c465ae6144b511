// Signs an order with the credentials of an exchange: node sign.mjs binance
import { createHmac } from 'node:crypto';
import { openSecrets } from 'keyward';

const [exchange] = process.argv.slice(2);
const secrets = await openSecrets();
try {
  const { apiKey, apiSecret, testnet } = await secrets.credentials(exchange);
  const signature = createHmac('sha256', apiSecret.expose()).update('symbol=BTCUSDT&side=BUY').digest('hex');
  console.log(`${exchange}: keys from ${apiSecret.origin.provider}, ${apiKey.byteLength} bytes, testnet ${testnet}`);
  console.log(`signature ${signature}`);
} finally {
  await secrets.close();
}
