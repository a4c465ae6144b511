import { secrets } from '../lib/secrets.js';
import { Account } from './account.jsx';

// A page that is rendered when the project is built would be made with the secrets of the building machine.
export const dynamic = 'force-dynamic';

export default async function Page() {
  const { apiKey, testnet } = await (await secrets()).credentials('binance');
  return <Account exchange={testnet ? 'binance (sandbox)' : 'binance'} keyLength={apiKey.byteLength} />;
}
