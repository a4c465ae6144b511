// Lets the store rotate a secret, now and every so many days: node rotate.mjs vantage/api-key 90
import { openSecrets, parsePath } from 'keyward';

const [name, days] = process.argv.slice(2);
const path = parsePath(name);
const secrets = await openSecrets();
try {
  const rotation = secrets.managedRotation();
  const version = await rotation.start(path, { days: Number(days) });
  const { by, days: every, next } = await rotation.status(path);
  console.log(
    `version ${version} will be current; every ${every} days by ${by}, next ${next?.toISOString() ?? 'unknown'}`,
  );
} finally {
  await secrets.close();
}
