// Puts secrets into the environment of a program that knows nothing of Keyward: node load-into-env.mjs app.mjs
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openSecrets } from 'keyward';

const [program] = process.argv.slice(2);
const secrets = await openSecrets();
try {
  const { set, kept } = await secrets.loadIntoEnv({ when: 'USE_AWS_SECRETS' });
  console.log(`set: ${set.join(', ') || 'nothing'}; kept: ${kept.join(', ') || 'nothing'}`);
} finally {
  await secrets.close();
}
await import(pathToFileURL(resolve(program)).href);
