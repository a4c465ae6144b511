import { isKeywardError } from '../../../../core/errors.js';
import { ccxtExchange, isExchange } from '../../../../core/exchange-catalogue.js';
import { defineRotatorKind } from '../rotator-kind.js';

export const guidedRotatorKind = defineRotatorKind({
  options: {
    exchange: 'address',
    server: 'address',
    trade: 'flag',
    attest: 'flag',
    addresses: 'texts',
    label: 'text',
    stage: 'text',
  },
  shorthand: 'exchange',
  hasOneValue: () => false,
  leastGraceMs: 24 * 3_600_000,
  *problems({ exchange, server }) {
    if (exchange !== undefined && !isExchange(exchange)) yield '`exchange` is the name of none that is known';
    if (server !== undefined && !isServer(server)) yield '`server` is https://…, or http:// on this machine';
  },
  async create({ exchange: stated, server, trade = false, attest = false, addresses, label, stage }, context) {
    const found = stated ?? context.path.split('/').findLast((part) => isExchange(part.toLowerCase()));
    const exchange = found === undefined ? undefined : ccxtExchange(found.toLowerCase());
    const { createGuidedRotator } = await import('./guided.js');
    const openTest = async () => {
      if (exchange === undefined || attest) return undefined;
      const { createCcxtLiveTest } = await import('./ccxt-live-test.js');
      try {
        return await createCcxtLiveTest(exchange, server);
      } catch (error) {
        // Then a person tests it.
        if (isKeywardError(error, 'config')) return undefined;
        throw error;
      }
    };
    return createGuidedRotator({ exchange, trade, addresses, label, stage, openTest }, context);
  },
});

/** An origin that a credential may be sent to. */
function isServer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  return origin === text && (protocol === 'https:' || /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname));
}
