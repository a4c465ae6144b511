import { spawnSync } from 'node:child_process';
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

/** As `timeTurns`, of the processor in all threads of this process, for one of `count` operations that a call makes. */
export async function cpuTurns(functions, { isQuick, turns, count }) {
  const timed = (call) => async () => {
    const before = process.cpuUsage();
    await call();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / count;
  };
  const entries = Object.entries(functions).map(([name, call]) => [name, timed(call)]);
  return timeTurns(Object.fromEntries(entries), { isQuick, turns });
}

/**
 * Median times of programs `{args, cwd}` of Node from their start to their end, in milliseconds by name, in turns: of the
 * clock, and of the processor in the program and the children that it waited for, which other work on the machine
 * disturbs less.
 */
export function startsInTurns(programs, { env, turns }) {
  const names = Object.keys(programs);
  const samples = { cpu: new Map(names.map((name) => [name, []])), wall: new Map(names.map((name) => [name, []])) };
  // The first turn fills caches and is not counted.
  for (let turn = 0; turn <= turns; turn += 1) {
    for (const [name, { args, cwd }] of Object.entries(programs)) {
      const { cpu, wall } = timeOfStart(args, cwd, env);
      if (turn === 0) continue;
      samples.cpu.get(name).push(cpu);
      samples.wall.get(name).push(wall);
    }
  }
  const medians = (times) => Object.fromEntries([...times].map(([name, values]) => [name, median(values)]));
  return { cpu: medians(samples.cpu), wall: medians(samples.wall) };
}

function timeOfStart(args, cwd, env) {
  const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null';
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...args], {
    cwd,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  const [real, user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { cpu: (user + system) * 1000, wall: real * 1000 };
}
