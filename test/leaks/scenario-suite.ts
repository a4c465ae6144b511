import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Canary, searchFor, valueCanaries } from '../system/canaries.js';
import { type Failure, failures } from './failures.js';
import { isText, KeptLaptop, levels, perform, type Scenario, takesBytes, takesValue } from './scenario.js';
import { scenarios } from './scenarios.js';

const all = valueCanaries();
const leaksIn = searchFor(all);

/** How many of the canaries, and of the failures, meet each call. */
interface Counts {
  readonly values: number;
  readonly failures: number;
}

/** Every scenario, and every command in the failures: no value is found but where it belongs. */
export function describeScenarios(counts: Counts): void {
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
        expect(await leaksWhen(kept, usual, failure, place)).toEqual([]);
      },
    );
  });
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

/** The laptop holds every canary, so that a call which takes none needs as many as there are levels. */
function valuesFor(scenario: Scenario): readonly Canary[] {
  const given = takesBytes(scenario) ? all : all.filter(isText);
  if (scenario.isSlow) return given.slice(0, 1);
  return takesValue(scenario) ? given : given.slice(0, levels.length);
}

/** Each value at one level. */
async function leaksOf(kept: KeptLaptop, scenario: Scenario, values: readonly Canary[]) {
  const leaks: string[] = [];
  const shown = new Set<string>();
  for (const value of values) {
    for (const level of rotated(levels, all.indexOf(value)).slice(0, 1)) {
      const { sinks } = await perform(kept, scenario, value, level);
      for (const leak of leaksIn(sinks)) {
        const [sink = ''] = leak.split(': ');
        if (scenario.shows?.includes(sink)) shown.add(sink);
        else leaks.push(`${leak} (${[...level.options, ...Object.keys(level.env)]})`);
      }
    }
  }
  return { leaks, shown };
}

async function leaksWhen(kept: KeptLaptop, scenario: Scenario, failure: Failure, at: number) {
  const [value] = rotated(all.filter(isText), at);
  const [level] = rotated(levels, at);
  if (value === undefined || level === undefined) throw new Error('there is no canary');
  const { sinks } = await perform(kept, scenario, value, level, (laptop) =>
    failure.happen(laptop, value.bytes.toString()),
  );
  return leaksIn(new Map([...sinks].filter(([sink]) => !scenario.shows?.includes(sink))));
}
