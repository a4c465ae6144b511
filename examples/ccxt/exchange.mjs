import ccxt from 'ccxt';

/**
 * One client of the exchange for the whole program. Answers a function that runs calls with the credentials of the
 * moment; a call that the exchange refuses runs once more with newer ones.
 */
export function openExchange(secrets, name, options = {}) {
  const exchange = new ccxt[name](options);
  return (call) =>
    secrets.withCredentials(name, async (credentials) => {
      Object.assign(exchange, credentials.expose('ccxt'));
      return await call(exchange);
    });
}
