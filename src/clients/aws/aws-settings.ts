import { systemClock } from '../../core/clock.js';
import { type Identity, isTokenIdentity, type KeyIdentity } from '../../core/identity.js';
import { createAwsWire } from './aws-wire.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** Where a service is asked, as far as the configuration and the environment say it. */
export interface AwsPlace {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  /** Who signs; whom the environment says when absent. */
  readonly signer?: KeyIdentity | (() => Promise<KeyIdentity>) | undefined;
}

/** @param service As in the variable of its endpoint: `SECRETS_MANAGER`. */
export function awsPlace(
  given: { readonly endpoint?: string | undefined; readonly region?: string | undefined },
  env: Variables,
  service: string,
  identity?: Identity,
): AwsPlace {
  const isIgnored = env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] === 'true';
  const endpoint = isIgnored ? undefined : env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'];
  return {
    endpoint: given.endpoint ?? (endpoint || undefined),
    region: given.region ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined),
    profile: env['AWS_PROFILE'] || undefined,
    signer: identity === undefined || isTokenIdentity(identity) ? undefined : identity,
  };
}

/**
 * All that makes answers differ, as far as it is known before anybody is asked, without what could hold a credential. A
 * key says its account; of a profile, a role or a machine only the names are known; `undefined` for a function of the
 * program, of which nothing is.
 */
export function awsOrigin(place: AwsPlace, env: Variables, prefix: string): string | undefined {
  const { endpoint = '', region = '', profile = '' } = place;
  const server = URL.canParse(endpoint) ? new URL(endpoint).origin : '';
  const { AWS_ROLE_ARN, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = env;
  const signer = signerOf(place, env);
  if (typeof signer === 'function') return undefined;
  const who = signer ? accountOf(signer.accessKeyId) : [AWS_ROLE_ARN, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE];
  return JSON.stringify([server, region, profile, prefix, who]);
}

const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The number of the account of an access key, which stands in its id in base 32 after four letters and a bit that is set;
 * an id of another form stands for itself.
 *
 * Source: labs.withsecure.com/publications/a-bitwise-analysis-of-aws-access-key-identifiers.html.
 */
function accountOf(keyId: string): string | number {
  const [, coded] = /^A[A-Z]{3}([Q-Z2-7][A-Z2-7]{9})[A-Z2-7]{6}$/.exec(keyId) ?? [];
  if (coded === undefined) return keyId;
  const bits = [...coded].reduce((read, sign) => read * 32 + signs.indexOf(sign), 0);
  return Math.floor(bits / 2 ** 9) % 2 ** 40;
}

/**
 * The configuration of a client of the SDK: sends by our HTTP client and asks once, since the chain repeats. Who signs in is
 * found by the SDK's own chain, after the variables of the given environment.
 */
export function awsClientConfig(place: AwsPlace, env: Variables, store: string) {
  const { endpoint, region, profile } = place;
  const credentials = signerOf(place, env);
  return {
    maxAttempts: 1,
    retryMode: 'standard',
    requestHandler: createAwsWire(store, systemClock),
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(credentials && { credentials }),
  };
}

/** Who signs, as far as it is given: the program stands above a profile, and a profile above the keys of the environment. */
function signerOf({ profile, signer }: AwsPlace, env: Variables): AwsPlace['signer'] {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (signer !== undefined || profile !== undefined || !accessKeyId || !secretAccessKey) return signer;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/** Makes a client without the SDK's warning of Node versions, which is about later versions of the SDK than it is. */
export function withoutWarning<T>(make: () => T): T {
  const name = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';
  const before = process.env[name];
  process.env[name] = 'true';
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}
