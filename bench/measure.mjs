import { Bench } from 'tinybench';

/** The middle value. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/**
 * Median time of one call of each function, in milliseconds, by its name. They are measured in turns, so that a machine
 * that gets busy slows all of them.
 */
export async function timeCalls(functions, { isQuick }) {
  const rounds = isQuick ? 2 : 8;
  const samples = new Map(Object.keys(functions).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const bench = new Bench({ time: isQuick ? 20 : 200, warmupTime: 20 });
    for (const [name, call] of Object.entries(functions)) bench.add(name, call);
    await bench.run();
    for (const { name, result } of bench.tasks) {
      if (result.error !== undefined) throw result.error;
      samples.get(name).push(result.latency.p50);
    }
  }
  return Object.fromEntries([...samples].map(([name, times]) => [name, median(times)]));
}

/** As `timeCalls`, for functions that take long and answer themselves how many milliseconds they took. */
export async function timeTurns(functions, { isQuick, turns = 20 }) {
  const samples = new Map(Object.keys(functions).map((name) => [name, []]));
  for (let turn = 0; turn < (isQuick ? 3 : turns); turn += 1) {
    for (const [name, call] of Object.entries(functions)) samples.get(name).push(await call());
  }
  return Object.fromEntries([...samples].map(([name, times]) => [name, median(times)]));
}
