import { timeCalls } from '../measure.mjs';

export const title =
  'A write through the door (intent synced, committed, outcome recorded), against a durable LMDB put';

const together = 16;

export async function measure(workshop) {
  const { openStore, textPayload } = workshop.keyward;
  const { client, close } = await openStore({ env: workshop.env });
  const plain = workshop.plainLmdb('plain-write');
  const payload = textPayload('a-secret-of-usual-length-0123456789');
  const value = Buffer.alloc(200);
  const key = Buffer.from('name');
  const each = (call) => () => Promise.all(Array.from({ length: together }, (_, index) => call(index)));
  const write = (index) => client.secrets.write(`bench/writes/${index}`, { payload });
  const put = (index) => plain.put(Buffer.from(`name ${index}`), value);
  const times = await timeCalls(
    { write: () => write('one'), put: () => plain.put(key, value), writes: each(write), puts: each(put) },
    workshop,
  );
  await close();
  await plain.close();
  return [
    { what: 'write', ms: times.write, baseline: 'LMDB put', baselineMs: times.put },
    {
      what: `write, ${together} at once, each`,
      ms: times.writes / together,
      baseline: `LMDB put, ${together} at once, each`,
      baselineMs: times.puts / together,
    },
  ];
}
