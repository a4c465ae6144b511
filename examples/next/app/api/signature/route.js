import { createHmac } from 'node:crypto';
import { secrets } from '../../../lib/secrets.js';

/** Signs what the browser sends; the key stays here. */
export async function POST(request) {
  const { apiSecret } = await (await secrets()).credentials('binance');
  const signature = createHmac('sha256', apiSecret.exposeBytes()).update(await request.text());
  return Response.json({ signature: signature.digest('hex') });
}
