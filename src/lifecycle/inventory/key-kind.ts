/** For trying out, or for real. */
export type KeyKind = 'sandbox' | 'live';

/** How services mark their keys. */
const marks: readonly (readonly [KeyKind, RegExp])[] = [
  // Stripe, Paystack, Clerk
  ['sandbox', /^(?:sk|rk|pk)_test_/],
  ['live', /^(?:sk|rk|pk)_live_/],
  // Plaid
  ['sandbox', /^(?:access|public)-sandbox-/],
  ['live', /^(?:access|public)-production-/],
  // Braintree
  ['sandbox', /^access_token\$sandbox\$/],
  ['live', /^access_token\$production\$/],
  // Razorpay
  ['sandbox', /^rzp_test_/],
  ['live', /^rzp_live_/],
  // Mollie
  ['sandbox', /^test_[A-Za-z0-9]{30,}$/],
  ['live', /^live_[A-Za-z0-9]{30,}$/],
  // Flutterwave
  ['sandbox', /^FLW(?:PUB|SEC)K_TEST-/],
  ['live', /^FLW(?:PUB|SEC)K-/],
];

/** What the value says of itself; `undefined` for the many that say nothing. */
export function keyKindOf(text: string): KeyKind | undefined {
  return marks.find(([, pattern]) => pattern.test(text))?.[0];
}

/** What an exchange's field `testnet` says. */
export function kindOfTestnet(text: string): KeyKind | undefined {
  if (/^(?:1|true|yes|on)$/i.test(text)) return 'sandbox';
  return /^(?:0|false|no|off)$/i.test(text) ? 'live' : undefined;
}

/** What belongs into the environment; `undefined` where both do, such as in staging. */
export function wantedKind(environment: string, isProduction: boolean): KeyKind | undefined {
  if (!isProduction) return 'sandbox';
  return /^(?:production|prod|live)$/.test(environment) ? 'live' : undefined;
}
