import { openSecrets } from 'keyward';
import { createPool } from './pool.mjs';

const secrets = await openSecrets();
const pool = await createPool(secrets, { user: 'bot', database: 'bot' });
try {
  const { rows } = await pool.query('select now()');
  console.log(rows[0].now);
} finally {
  await pool.end();
  await secrets.close();
}
