import { cpuTurns, timeCalls } from '../measure.mjs';

export const title =
  'A write through the door (intent synced, committed, outcome recorded), against a durable LMDB put';

const together = 16;
const inFlight = 64;
const writesPerTurn = 512;

export const profile = `A sampled profile of 64 writes in flight, in parts of the processor time of the main thread: sealing rows and heads with
their accounts 18 %, building the transactions (opening and decoding what they change, then encoding) 20 %, LMDB's
transactions of rows and of the log's turns 11 %, two lines of the audit log 8 %, collecting garbage 10 %, random
numbers 6 %, the anchor once a second 3 %. V8's helper threads, which collect garbage too, take a fifth of the whole
beside the main thread: a write allocates 220 KB. 64 in flight are one commit with its sync, and two turns of the log
with one for the intents; a write by itself changes four rows and the head of a shard, and replaces a payload once it
has ten versions. The elapsed times are those of a machine of two cores with a load of 15.`;

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
  const loaded = (call) => async () => {
    let left = writesPerTurn;
    const one = async () => {
      while (left > 0) {
        left -= 1;
        await call(left);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, one));
  };
  const cpu = await cpuTurns(
    { write: loaded(write), put: loaded(put) },
    { ...workshop, turns: 8, count: writesPerTurn },
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
    {
      what: `write, ${inFlight} in flight, processor time`,
      ms: cpu.write,
      baseline: `LMDB put, ${inFlight} in flight, processor time`,
      baselineMs: cpu.put,
      bound: { atMostMs: 0.25 },
    },
  ];
}
