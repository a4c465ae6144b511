import { openSecrets } from 'keyward';
import { openExchange } from './exchange.mjs';

const secrets = await openSecrets();
try {
  const binance = openExchange(secrets, 'binance');
  const balance = await binance((exchange) => exchange.fetchBalance());
  console.log(balance.total);
} finally {
  await secrets.close();
}
