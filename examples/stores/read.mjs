// Reads secrets and fields, and says where they came from: node read.mjs app/secret_key database/postgres#password
// With `--from vault` only that store is asked.
import { parseArgs } from 'node:util';
import { openSecrets } from 'keyward';

const { values, positionals } = parseArgs({ options: { from: { type: 'string' } }, allowPositionals: true });
const secrets = await openSecrets();
try {
  for (const [ref, found] of await secrets.getMany(positionals, { provider: values.from })) {
    console.log(
      found instanceof Error
        ? `${ref}: ${found.code}`
        : `${ref}: ${found.byteLength} bytes from ${found.origin.provider}`,
    );
  }
} finally {
  await secrets.close();
}
