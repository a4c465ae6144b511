import { KeywardError } from '../core/errors.js';
import { toCcxt } from '../core/exchange-catalogue.js';
import { redactionMask, type Secret } from '../core/secret.js';
import type { Credentials } from './secrets.js';

const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

/** Credentials over their canonical fields. Every way of printing shows the exchange's name and a mask. */
export class ExchangeCredentials implements Credentials {
  readonly exchange: string;
  readonly testnet: boolean;
  readonly #fields: Readonly<Record<string, Secret>>;

  /** @throws KeywardError `invalid` when the field `testnet` is not true, false, 1 or 0. */
  constructor(exchange: string, fields: Readonly<Record<string, Secret>>) {
    this.exchange = exchange;
    this.#fields = Object.freeze({ ...fields });
    this.testnet = parseTestnet(exchange, fields['testnet']);
  }

  get apiKey(): Secret {
    return this.#required('api_key');
  }

  get apiSecret(): Secret {
    return this.#required('api_secret');
  }

  get passphrase(): Secret | undefined {
    return this.#fields['passphrase'];
  }

  get fields(): Readonly<Record<string, Secret>> {
    return this.#fields;
  }

  expose(_shape: 'ccxt'): Readonly<Record<string, string>> {
    return toCcxt(new Map(Object.entries(this.#fields).map(([name, secret]) => [name, secret.expose()])));
  }

  toString(): string {
    return `credentials of ${this.exchange}: ${redactionMask}`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspectCustom](): string {
    return this.toString();
  }

  #required(name: string): Secret {
    const secret = this.#fields[name];
    if (secret !== undefined) return secret;
    throw new KeywardError('unsupported', `${this.exchange} signs without ${name}`, {
      advice: `Its credentials are in \`fields\`: ${Object.keys(this.#fields).join(', ')}.`,
    });
  }
}

function parseTestnet(exchange: string, field: Secret | undefined): boolean {
  const text = field?.expose();
  if (text === undefined || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1') return true;
  const store = field?.origin?.provider;
  throw new KeywardError('invalid', `the field testnet of ${exchange} in ${store} is neither true nor false`, {
    store,
    advice: 'Write true, false, 1 or 0.',
  });
}
