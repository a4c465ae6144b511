import { X509Certificate } from 'node:crypto';

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * When the value ends by itself: `exp` of a JSON Web Token (RFC 7519, 4.1.4; its signature is not looked at), or the
 * earliest `notAfter` among the X.509 certificates in it. `undefined` for everything else.
 */
export function endOfValue(text: string): Date | undefined {
  return endOfToken(text) ?? endOfCertificates(text);
}

function endOfToken(text: string): Date | undefined {
  const [, claims] = /^eyJ[\w-]*\.(eyJ[\w-]*)\.[\w-]*$/.exec(text) ?? [];
  if (claims === undefined) return undefined;
  try {
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const end = new Date(Number(exp) * 1000);
    return typeof exp === 'number' && !Number.isNaN(end.getTime()) ? end : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function endOfCertificates(text: string): Date | undefined {
  const ends = (text.match(certificates) ?? []).flatMap((pem) => {
    try {
      return Date.parse(new X509Certificate(pem).validTo);
    } catch {
      // Of what is no certificate there is no end to tell; `form: pem` says that it is none.
      return [];
    }
  });
  return ends.length === 0 ? undefined : new Date(Math.min(...ends));
}
