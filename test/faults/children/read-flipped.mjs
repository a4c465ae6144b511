// Opens damaged copies of a store, one after the other, and reports what came of each. Every line on the standard input
// names a copy: {home, file}. A copy must give the values that were written, or refuse.
import { createInterface } from 'node:readline';
import { isKeywardError, openStore } from 'keyward';
import { expectedPayload, isExpected } from './payloads.mjs';
import { describeError, report } from './report.mjs';

const [paths, versions] = process.argv.slice(2).map(Number);

async function use({ secrets, audit, seal }, file) {
  const written = Array.from({ length: paths * versions }, (_, index) => ({
    path: `writers/0/${index % paths}`,
    number: 1 + Math.floor(index / paths),
  }));
  const found = await Promise.all(
    written.map(({ path, number }) => secrets.read({ path, version: { kind: 'number', number } })),
  );
  for (const [index, { path, number }] of written.entries()) {
    const read = found[index];
    if (read === undefined) return `${path}@${number} is said to be absent`;
    if (!isExpected(read.payload, path, number)) return `${path}@${number} has another value`;
  }
  const path = 'after/damage';
  await secrets.write(path, { payload: expectedPayload(path, 1) });
  const read = await secrets.read({ path });
  if (read === undefined || !isExpected(read.payload, path, 1)) return 'a new value reads back as another one';
  await seal.verifyStore();
  const { status } = await audit.verify();
  return file.endsWith('.log') && status !== 'broken' ? `the log is said to be ${status}` : undefined;
}

async function open(home, file) {
  let store;
  try {
    store = await openStore({ env: { HOME: home } });
    const wrong = await use(store.client, file);
    return wrong === undefined ? { outcome: 'harmless' } : { outcome: 'wrong', wrong };
  } catch (error) {
    if (isKeywardError(error) && error.code !== 'internal') return { outcome: error.code };
    return { outcome: 'wrong', wrong: describeError(error).message };
  } finally {
    await store?.close().catch(() => undefined);
  }
}

report({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, home, file } = JSON.parse(line);
  report({ id, ...(await open(home, file)) });
}
