// Opens the store, and reports everything that it and its audit log hold.
import { readdirSync, readFileSync } from 'node:fs';
import { openStore } from 'keyward';
import { isExpected } from './payloads.mjs';
import { report } from './report.mjs';

async function namesBelow(client, directory) {
  const names = [];
  let cursor;
  do {
    const page = await client.secrets.list(directory, { cursor, limit: 1000 });
    for (const { name, isSecret, hasChildren } of page.entries) {
      const path = directory === '' ? name : `${directory}/${name}`;
      if (isSecret) names.push(path);
      if (hasChildren) names.push(...(await namesBelow(client, path)));
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return names;
}

/** How long the threads of this process could have run and had no processor; nothing where Linux does not tell. */
function withoutProcessorMs() {
  try {
    const waits = readdirSync('/proc/self/task').map((thread) =>
      Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[1]),
    );
    return waits.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e6;
  } catch {
    return 0;
  }
}

const started = performance.now() - withoutProcessorMs();
const { client } = await openStore();
const openedAfterMs = performance.now() - withoutProcessorMs() - started;

const secrets = {};
const wrong = [];
for (const path of await namesBelow(client, '')) {
  const { versions } = await client.secrets.describe(path);
  secrets[path] = versions[0].number;
  for (const { number } of versions) {
    const read = await client.secrets.read({ path, version: { kind: 'number', number } });
    if (!isExpected(read.payload, path, number)) wrong.push(`${path}@${number}`);
  }
}
const { rows } = await client.seal.verifyStore();
const audit = await client.audit.verify();
const records = await client.audit.show({ limit: 10_000 });
const intents = records
  .filter(({ kind }) => kind === 'intent')
  .map(({ operationId, path }) => {
    const outcomes = records.filter((record) => record.kind === 'outcome' && record.operationId === operationId);
    return { path, outcomes: outcomes.map(({ outcome }) => outcome) };
  });
const recovered = records.filter(({ operation }) => operation === 'recovery').length;
await client.close();
report({ openedAfterMs, secrets, wrong, rows, audit, records: records.length, intents, recovered });
