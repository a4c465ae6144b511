// Writes for as long as it lives, several at a time, and reports every write after it resolved.
import { openStore } from 'keyward';
import { expectedPayload } from './payloads.mjs';
import { describeError, report } from './report.mjs';

const [writer, paths, most = 'Infinity'] = process.argv.slice(2);
const { client } = await openStore();
report({ opened: process.pid });

async function newestNumber(path) {
  return (await client.secrets.describe(path))?.versions[0]?.number ?? 0;
}

async function writeTo(path) {
  let number = await newestNumber(path);
  for (let written = 0; written < Number(most); written += 1) {
    try {
      const payload = expectedPayload(path, number + 1);
      const version = await client.secrets.write(path, { payload }, { ifVersion: number });
      number = version.number;
      report({ acknowledged: path, number });
    } catch (error) {
      report({ refused: path, ...describeError(error) });
      number = await newestNumber(path);
    }
  }
}

await Promise.all(Array.from({ length: Number(paths) }, (_, index) => writeTo(`writers/${writer}/${index}`)));
await client.close();
report({ closed: true });
