import { timeCalls } from '../measure.mjs';

export const title = 'A read through the door (decided, opened, recorded), against a plain LMDB get';

const together = 64;

export async function measure(workshop) {
  const { client, close } = await workshop.keyward.openStore({ env: workshop.env });
  const path = 'project/development/app/token';
  const plain = workshop.plainLmdb('plain-read');
  const key = Buffer.from(path);
  await plain.put(key, Buffer.alloc(200));
  const read = () => client.secrets.read({ path });
  const many = () => Promise.all(Array.from({ length: together }, read));
  const times = await timeCalls({ read, many, plain: async () => plain.getBinary(key) }, workshop);
  await close();
  await plain.close();
  return [
    { what: 'read', ms: times.read, baseline: 'LMDB get', baselineMs: times.plain },
    {
      what: `read, ${together} at once, each`,
      ms: times.many / together,
      baseline: 'LMDB get',
      baselineMs: times.plain,
    },
  ];
}
