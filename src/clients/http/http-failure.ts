import { KeywardError } from '../../core/errors.js';

const tlsFailure =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|HOSTNAME_|INVALID_CA|EPROTO)/;
/** What the server says of the certificate that it was shown, or was not. */
const refusedOurs = /_ALERT_(?:CERTIFICATE_|BAD_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;
const notHttp = /^(?:HPE_|ERR_HTTP_)/;

export interface FailureContext {
  /** The store, for messages. */
  readonly store: string;
  readonly origin: string;
  /** The setting that names certificates to trust. */
  readonly caSetting: string;
}

/**
 * A failed connection in our words: `unauthenticated` when the server wants another certificate of us, `integrity` when the server is not proven to be the one that was named, `invalid`
 * when it does not speak HTTP, else `unavailable`. What Node reported is not kept: it can hold bytes of the answer.
 */
export function connectionFailure(error: unknown, { store, origin, caSetting }: FailureContext): KeywardError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no connection';
  if (refusedOurs.test(code)) {
    return new KeywardError(
      'unauthenticated',
      `${store}: ${origin} takes no client without its certificate (${code})`,
      {
        store,
        advice:
          'Show it one that it accepts: VAULT_CLIENT_CERT and VAULT_CLIENT_KEY, or client-certificate in a kubeconfig.',
      },
    );
  }
  if (tlsFailure.test(code)) {
    return new KeywardError(
      'integrity',
      `${store}: the server at ${origin} is not proven to be the right one (${code})`,
      {
        store,
        advice: `Check the address. If the server's certificate is issued by an authority of your own, name it with ${caSetting}.`,
      },
    );
  }
  if (notHttp.test(code)) {
    return new KeywardError('invalid', `${store}: what answers at ${origin} does not speak HTTP (${code})`, {
      store,
      advice: 'Check the address.',
    });
  }
  return new KeywardError('unavailable', `${store}: ${origin} could not be reached (${code})`, { store });
}
