import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { wrongAnswer } from '../../../../clients/socket/channel.js';
import { KeywardError } from '../../../../core/errors.js';
import { type ScramHash, saltedPassword, scramIterations } from '../scram.js';

/** More would keep this process busy at a server's word; brokers take no more than 16,384. */
const maxIterations = 1_000_000;

export interface ScramLogin {
  readonly username: string;
  readonly password: string;
  readonly hash: ScramHash;
}

/**
 * Logs in by SCRAM (RFC 5802) without channel binding. The password is not sent, and the server has to prove that it
 * knows it too.
 *
 * @param exchange Sends a message, and answers the server's.
 * @throws KeywardError as `wrongAnswer` for one out of form, `integrity` for a server that does not know the password.
 */
export async function logInByScram(
  { username, password, hash }: ScramLogin,
  exchange: (message: string) => Promise<string>,
  nonce: string = randomBytes(24).toString('base64'),
): Promise<void> {
  const name = username.replaceAll('=', '=3D').replaceAll(',', '=2C');
  const first = `n=${name},r=${nonce}`;
  const challenge = await exchange(`n,,${first}`);
  const [, fullNonce = '', salt = '', count = ''] =
    /^r=([!-+\--~]+),s=([A-Za-z0-9+/]+=*),i=([1-9]\d{0,6})$/.exec(challenge) ?? [];
  const iterations = Number(count);
  if (!fullNonce.startsWith(nonce) || fullNonce === nonce) throw wrongAnswer();
  if (iterations < scramIterations || iterations > maxIterations) throw wrongAnswer();

  const salted = saltedPassword(password, Buffer.from(salt, 'base64'), hash, iterations);
  const hmac = (key: Uint8Array, text: string) => createHmac(hash.digest, key).update(text).digest();
  const clientKey = hmac(salted, 'Client Key');
  const last = `c=biws,r=${fullNonce}`;
  const messages = `${first},${challenge},${last}`;
  const signature = hmac(createHash(hash.digest).update(clientKey).digest(), messages);
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0));
  const answer = await exchange(`${last},p=${Buffer.from(proof).toString('base64')}`);
  const shown = Buffer.from(/^v=([A-Za-z0-9+/]+=*)$/.exec(answer)?.[1] ?? '', 'base64');
  const expected = hmac(hmac(salted, 'Server Key'), messages);
  if (shown.length === expected.length && timingSafeEqual(shown, expected)) return;
  throw new KeywardError('integrity', 'the server does not prove that it knows the password', {
    advice: 'Check the address.',
  });
}
