import { cpuTurns, timeCalls } from '../measure.mjs';

export const title =
  'A write through the door (intent synced, committed, outcome recorded), against a durable LMDB put';

const together = 16;
const inFlight = 64;
const writesPerTurn = 512;

export const profile = `A sampled profile of 64 writes in flight, in parts of the processor time of the main thread: ciphers 14 % (eight boxes
sealed and two opened a write), hashes 8 % (44 a write, for keys of rows and accounts), collecting garbage 11 %,
LMDB's own code 10 %, syncs and renames that block 3 %, and half of it our code, in which no function takes more than 2 %.
By task: sealing rows and heads with their accounts 18 %, LMDB's transactions of rows and of the log's turns 21 % (of which
the lines of the log 8 %), building new versions 8 %, staging and reading what is replaced 5 %, looking whether the secret
exists 2 %. V8's helper threads, which compile and collect garbage, take a sixth of the whole beside the main thread. A
write makes 77 pieces of memory from the system, of which 60 are results of ciphers: Node makes five for each box. Small
arrays count more than large ones: each that is looked at through a view, or is over 64 bytes, is such a piece. 64 in
flight are one commit with its sync, and two turns of the log with one for the intents; a write by itself changes four
rows and the head of a shard, and replaces a payload once it has ten versions.`;

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
