import ccxt from 'ccxt';

/**
 * One client of the exchange for the whole program. Answers a function that runs calls with the credentials of the
 * moment; a call that the exchange refuses runs once more with newer ones.
 */
export function openExchange(secrets, name, options = {}) {
  const exchange = new ccxt[name](options);
  return (call) =>
    secrets.withCredentials(
      name,
      async (credentials) => {
        Object.assign(exchange, credentials.expose('ccxt'));
        return await call(exchange);
      },
      { isAuthError },
    );
}

/** Binance's refusal of a key that worked before is a temporary ban to ccxt; after a rotation it is not. */
function isAuthError(error) {
  return (
    error instanceof ccxt.AuthenticationError ||
    (error instanceof ccxt.DDoSProtection && error.message.includes('"code":-2015'))
  );
}
