import { timeCalls } from '../measure.mjs';

export const title = 'A list of 1,000 names (sealed one by one), against a range of plain LMDB';

const names = 1000;
const atOnce = 50;

export async function measure(workshop) {
  const { openStore, textPayload } = workshop.keyward;
  const { client, close } = await openStore({ env: workshop.env });
  const plain = workshop.plainLmdb('plain-list');
  const payload = textPayload('value');
  for (let start = 0; start < names; start += atOnce) {
    const numbers = Array.from({ length: atOnce }, (_, index) => start + index);
    await Promise.all(numbers.map((number) => client.secrets.write(`many/name-${number}`, { payload })));
    await Promise.all(numbers.map((number) => plain.put(Buffer.from(`name-${number}`), Buffer.alloc(100))));
  }
  const list = async () => {
    const { entries } = await client.secrets.list('many', { limit: names });
    if (entries.length !== names) throw new Error(`the list has ${entries.length} names`);
  };
  const times = await timeCalls({ list, range: async () => [...plain.getRange({ limit: names })].length }, workshop);
  await close();
  await plain.close();
  return [{ what: 'list', ms: times.list, baseline: 'LMDB range', baselineMs: times.range }];
}
