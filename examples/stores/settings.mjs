// Settings with defaults for what no store holds; the password must be there.
import { openSecrets } from 'keyward';

const secrets = await openSecrets();
const setting = async (name, value) => (await secrets.get(`database/postgres/${name}`, { default: value })).expose();
try {
  const [host, port, user] = [
    await setting('host', 'localhost'),
    await setting('port', '5432'),
    await setting('user', 'dsta'),
  ];
  const password = await secrets.get('database/postgres/password');
  console.log(`${user}@${host}:${port}, password ${password} of ${password.byteLength} bytes`);
} finally {
  await secrets.close();
}
