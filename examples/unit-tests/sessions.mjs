import { createHmac, timingSafeEqual } from 'node:crypto';

/** Signs and checks the tokens of sessions, always with the key of the moment. */
export async function createSessions(secrets) {
  const key = await secrets.handle('app/session_key');
  const signatureOf = (user) => createHmac('sha256', key.current().exposeBytes()).update(user).digest();
  return {
    tokenFor: (user) => `${user}.${signatureOf(user).toString('base64url')}`,
    userOf(token) {
      const [user, signature = ''] = token.split('.');
      const expected = signatureOf(user);
      const given = Buffer.from(signature, 'base64url');
      return given.length === expected.length && timingSafeEqual(given, expected) ? user : undefined;
    },
  };
}
