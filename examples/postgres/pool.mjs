import pg from 'pg';

/** A pool that logs in with the password of the moment, each time it opens a connection. */
export async function createPool(secrets, options) {
  const password = await secrets.handle('database/postgres/password');
  const pool = new pg.Pool({
    ...options,
    password: () => password.current().expose(),
    maxLifetimeSeconds: 3600, // a connection stays logged in with the password that it began with
  });
  pool.on('error', () => {}); // an idle connection was ended; the pool opens another one
  return pool;
}
