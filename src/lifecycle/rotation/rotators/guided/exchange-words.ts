/** What an exchange calls things where keys are made. */
export interface ExchangeWords {
  readonly name: string;
  readonly read: string;
  readonly trade: string;
  readonly move: string;
  readonly note?: string;
}

const ofExchange: Readonly<Record<string, ExchangeWords>> = {
  binance: {
    name: 'Binance',
    read: '"Enable Reading"',
    trade: '"Enable Spot & Margin Trading", "Enable Futures"',
    move: '"Enable Withdrawals", "Permits Universal Transfer"',
  },
  bybit: {
    name: 'Bybit',
    read: '"Read-Only"',
    trade: '"Orders", "Positions", "Trade"',
    move: '"Transfer", "Withdrawal"',
  },
  coinbase: { name: 'Coinbase', read: '"view"', trade: '"trade"', move: '"transfer"' },
  kraken: {
    name: 'Kraken',
    read: '"Query Funds", "Query Open Orders & Trades"',
    trade: '"Create & Modify Orders"',
    move: '"Withdraw Funds"',
  },
  okx: {
    name: 'OKX',
    read: '"Read"',
    trade: '"Trade"',
    move: '"Withdraw"',
    note: 'you choose its passphrase, which cannot be shown again',
  },
};

/** The words of an exchange by ccxt's name of it; plain ones for those that are not listed. */
export function exchangeWords(exchange: string): ExchangeWords {
  return (
    ofExchange[exchange] ?? { name: exchange, read: 'reading', trade: 'trading', move: 'withdrawals and transfers' }
  );
}
