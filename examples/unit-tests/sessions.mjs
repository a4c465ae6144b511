import { createHmac, timingSafeEqual } from 'node:crypto';

/** Makes and checks the tokens of sessions, always with the key of the moment. */
export async function createSessions(secrets) {
  const key = await secrets.handle('app/session_key');
  const tokenFor = (user) =>
    `${user}.${createHmac('sha256', key.current().exposeBytes()).update(user).digest('base64url')}`;
  return {
    tokenFor,
    userOf(token) {
      const user = token.slice(0, Math.max(0, token.lastIndexOf('.')));
      return isSame(tokenFor(user), token) ? user : undefined;
    },
  };
}

function isSame(expected, given) {
  const [ours, theirs] = [Buffer.from(expected), Buffer.from(given)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
