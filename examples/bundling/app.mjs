import { openSecrets } from 'keyward';

async function main() {
  const secrets = await openSecrets();
  const token = await secrets.get('app/api_token');
  console.log(`${token}, ${token.byteLength} bytes from ${token.origin.provider}`);
  await secrets.close();
}

main();
