import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandSpec } from '../../src/cli/command.js';
import { commandTable } from '../../src/cli/command-table.js';
import { allSpecs } from '../../src/cli/commands/help.js';
import { searchFor, valueCanaries } from '../system/canaries.js';
import { isText, KeptLaptop, levels, perform, type Scenario, takesBytes, takesValue } from './scenario.js';
import { scenarios } from './scenarios.js';

const values = valueCanaries();
const texts = values.filter(isText);
const leaksIn = searchFor(values);

let kept: KeptLaptop;
let specs: readonly CommandSpec[];
beforeAll(async () => {
  kept = await KeptLaptop.withEvery(values);
  specs = await allSpecs();
});
afterAll(() => kept.remove());

describe('the scenarios', () => {
  test('know every command: a new one gets its calls in test/leaks/scenarios.ts', () => {
    expect(Object.keys(scenarios).sort()).toEqual([...Object.keys(commandTable), 'help'].sort());
    for (const [verb, calls] of Object.entries(scenarios)) {
      for (const { args } of calls) expect(args.slice(0, verb.split(' ').length).join(' ')).toBe(verb);
    }
  });

  test('use every option of every command', () => {
    const unused = specs.flatMap(({ name, options }) => {
      const used = new Set((scenarios[name] ?? []).flatMap(({ args }) => args));
      return options.flatMap(({ flags }) => {
        const [long = flags] = /--[a-z-]+/.exec(flags) ?? [];
        return used.has(long) ? [] : [`${name} ${long}`];
      });
    });
    expect(unused).toEqual([]);
  });
});

function howMany(scenario: Scenario): number {
  if (scenario.isSlow) return 1;
  return takesValue(scenario) ? values.length : levels.length;
}

/** Each canary at one of the levels, and each level with three of them or more. */
async function leaksOf(
  scenario: Scenario,
): Promise<{ readonly leaks: readonly string[]; readonly shown: Set<string> }> {
  const shows = scenario.shows ?? [];
  const given = takesBytes(scenario) ? values : texts;
  const leaks: string[] = [];
  const shown = new Set<string>();
  for (const [index, value] of given.slice(0, howMany(scenario)).entries()) {
    for (const level of levels.slice(index % levels.length, (index % levels.length) + 1)) {
      const { sinks } = await perform(kept, scenario, value, level);
      for (const leak of leaksIn(sinks)) {
        const [sink = ''] = leak.split(': ');
        if (shows.includes(sink)) shown.add(sink);
        else leaks.push(`${leak} (${[...level.options, ...Object.keys(level.env)]})`);
      }
    }
  }
  return { leaks, shown };
}

describe.each(Object.entries(scenarios))('%s', (_verb, calls) => {
  test.each(calls.map((scenario) => [scenario.args.join(' ').slice(0, 120), scenario] as const))(
    '%s: no value is in what it says and writes, but where it belongs',
    async (_name, scenario) => {
      const { leaks, shown } = await leaksOf(scenario);
      expect(leaks).toEqual([]);
      expect([...shown]).toEqual(scenario.shows ?? []);
    },
  );
});
