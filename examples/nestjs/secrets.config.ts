import { registerAs } from '@nestjs/config';
import { openSecrets, plain } from 'keyward';

/** What the program's parts inject: handles where a value may be replaced, plain values where it may not. */
export const secretsConfig = registerAs('secrets', async () => {
  const secrets = await openSecrets();
  const { issuer } = await secrets.config({ issuer: plain('app/token_issuer') });
  return { issuer, sessionKey: await secrets.handle('app/session_key'), close: () => secrets.close() };
});
