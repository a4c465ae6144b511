// Writes and reads for a while, and reports what was acknowledged, what was refused, and every wrong answer.
import { openStore } from 'keyward';
import { expectedPayload, isExpected } from './payloads.mjs';
import { describeError, report } from './report.mjs';

const paths = ['app/one', 'app/two', 'exchange/binance/api_key'];
const { client } = await openStore();
report({ opened: process.pid });

async function writeTo(path, number) {
  try {
    const payload = expectedPayload(path, number);
    const version = await client.secrets.write(path, { payload }, { ifVersion: number - 1 });
    report({ acknowledged: path, number: version.number });
  } catch (error) {
    report({ refused: path, ...describeError(error) });
  }
}

async function readFrom(path) {
  try {
    const read = await client.secrets.read({ path });
    if (read !== undefined && !isExpected(read.payload, path, read.version.number)) report({ wrong: path });
  } catch (error) {
    report({ refused: path, ...describeError(error) });
  }
}

for (let number = 1; number <= 3; number += 1) {
  await Promise.all(paths.map((path) => writeTo(path, number)));
  await Promise.all(paths.map(readFrom));
}
await client.close();
report({ closed: true });
