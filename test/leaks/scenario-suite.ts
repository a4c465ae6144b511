import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Canary, type Sinks, searchFor, valueCanaries } from '../system/canaries.js';
import { type Failure, failures } from './failures.js';
import { isText, KeptLaptop } from './kept-laptop.js';
import { rotated } from './rotated.js';
import { levels, perform, type Scenario, takesBytes, takesValue } from './scenario.js';
import { scenarios } from './scenarios.js';

const all = valueCanaries();
const leaksIn = searchFor(all);

/** How many of the canaries, and of the failures, meet each call, and at how many levels each failure does. */
interface Counts {
  readonly values: number;
  readonly failures: number;
  readonly failureLevels: number;
}

/** What was done and found so far. */
export interface Tally {
  calls: number;
  callsInFailures: number;
  sinksSearched: number;
  bytesSearched: number;
  leaks: number;
}

/** Every scenario, and every command in the failures: no value is found but where it belongs. Answers what is counted. */
export function describeScenarios(counts: Counts): Readonly<Tally> {
  const tally: Tally = { calls: 0, callsInFailures: 0, sinksSearched: 0, bytesSearched: 0, leaks: 0 };
  let kept: KeptLaptop;
  beforeAll(async () => {
    kept = await KeptLaptop.withEvery(all);
  });
  afterAll(() => kept.remove());

  const entries = Object.entries(scenarios);
  describe.each(entries)('%s', (verb, calls) => {
    const place = entries.findIndex(([name]) => name === verb);
    const named = calls.map(
      (scenario, index) => [scenario.args.join(' ').slice(0, 99), scenario, place + index] as const,
    );

    test.each(named)(
      '%s: no value is in what it says and writes, but where it belongs',
      async (_name, scenario, at) => {
        const { leaks, shown } = await leaksOf(
          kept,
          scenario,
          rotated(valuesFor(scenario), at).slice(0, counts.values),
          tally,
        );
        expect(leaks).toEqual([]);
        expect([...shown]).toEqual(scenario.shows ?? []);
      },
    );

    const [usual] = calls;
    test.each(rotated(failures, place).slice(0, counts.failures))(
      'when $name: no value is in what it says and writes',
      async (failure) => {
        if (usual === undefined) throw new Error(`${verb} has no scenario`);
        const leaks: string[] = [];
        for (let level = 0; level < counts.failureLevels; level += 1) {
          leaks.push(...(await leaksWhen(kept, usual, failure, place + level, tally)));
        }
        expect(leaks).toEqual([]);
      },
    );
  });
  return tally;
}

/** The laptop holds every canary, so that a call which takes none needs as many as there are levels. */
function valuesFor(scenario: Scenario): readonly Canary[] {
  const given = takesBytes(scenario) ? all : all.filter(isText);
  if (scenario.isSlow) return given.slice(0, 1);
  return takesValue(scenario) ? given : given.slice(0, levels.length);
}

/** Each value at one level. */
async function leaksOf(kept: KeptLaptop, scenario: Scenario, values: readonly Canary[], tally: Tally) {
  const leaks: string[] = [];
  const shown = new Set<string>();
  for (const value of values) {
    for (const level of rotated(levels, all.indexOf(value)).slice(0, 1)) {
      const { sinks } = await perform(kept, scenario, value, level);
      tally.calls += 1;
      for (const leak of searched(sinks, tally)) {
        const [sink = ''] = leak.split(': ');
        if (scenario.shows?.includes(sink)) shown.add(sink);
        else leaks.push(`${leak} (${[...level.options, ...Object.keys(level.env)]})`);
      }
    }
  }
  tally.leaks += leaks.length;
  return { leaks, shown };
}

async function leaksWhen(kept: KeptLaptop, scenario: Scenario, failure: Failure, at: number, tally: Tally) {
  const [value] = rotated(all.filter(isText), at);
  const [level] = rotated(levels, at);
  if (value === undefined || level === undefined) throw new Error('there is no canary');
  const { sinks } = await perform(kept, scenario, value, level, (laptop) =>
    failure.happen(laptop, value.bytes.toString()),
  );
  const leaks = searched(new Map([...sinks].filter(([sink]) => !scenario.shows?.includes(sink))), tally);
  tally.callsInFailures += 1;
  tally.leaks += leaks.length;
  return leaks;
}

function searched(sinks: Sinks, tally: Tally): readonly string[] {
  tally.sinksSearched += sinks.size;
  for (const { length } of sinks.values()) tally.bytesSearched += length;
  return leaksIn(sinks);
}
