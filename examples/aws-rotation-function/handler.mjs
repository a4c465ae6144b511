import { createSecretsManagerRotation } from 'keyward';

const { CACHE_SERVER, CACHE_USER, ADMINISTRATOR_SECRET } = process.env;

/** No value is in a variable: the name of the administrator's secret is, and the role of the function may read it. */
export const handler = await createSecretsManagerRotation({
  rotator: {
    redis: { servers: [CACHE_SERVER], user: CACHE_USER, administrator: ADMINISTRATOR_SECRET },
    field: 'password',
  },
});
