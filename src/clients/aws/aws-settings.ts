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

/** All that makes answers differ, without what could hold a credential. */
export function awsOrigin({ endpoint = '', region = '', profile = '' }: AwsPlace, prefix: string): string {
  const server = URL.canParse(endpoint) ? new URL(endpoint).origin : '';
  return JSON.stringify([server, region, profile, prefix]);
}

/**
 * The configuration of a client of the SDK: sends by our HTTP client and asks once, since the chain repeats. Who signs in is
 * found by the SDK's own chain, after the variables of the given environment.
 */
export function awsClientConfig({ endpoint, region, profile, signer }: AwsPlace, env: Variables, store: string) {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  const isGiven = profile === undefined && accessKeyId && secretAccessKey;
  return {
    maxAttempts: 1,
    retryMode: 'standard',
    requestHandler: createAwsWire(store, systemClock),
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(isGiven && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }),
    ...(signer !== undefined && { credentials: signer }),
  };
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
