import { describe, expect, test } from 'vitest';
import { allSpecs } from '../../src/cli/commands/help.js';
import { describeScenarios } from './scenario-suite.js';
import { scenarios } from './scenarios.js';

const specs = await allSpecs();
const verbs = specs.map(({ name }) => name);

describe('the scenarios', () => {
  test.each(verbs)('have calls of `%s`; they are in test/leaks/scenarios.ts', (verb) => {
    expect(scenarios[verb]?.length ?? 0).toBeGreaterThan(0);
  });

  test('are of commands that there are, under their name', () => {
    expect(Object.keys(scenarios).filter((verb) => !verbs.includes(verb))).toEqual([]);
    for (const [verb, calls] of Object.entries(scenarios)) {
      for (const { args } of calls) expect(args.slice(0, verb.split(' ').length).join(' ')).toBe(verb);
    }
  });

  test('use every option of every command; missing ones go into test/leaks/scenarios.ts', () => {
    const unused = specs.flatMap(({ name, options }) => {
      const used = new Set((scenarios[name] ?? []).flatMap(({ args }) => args));
      const longs = options.map(({ flags }) => /--[a-z-]+/.exec(flags)?.[0] ?? flags);
      return longs.filter((long) => !used.has(long)).map((long) => `${name} ${long}`);
    });
    expect(unused).toEqual([]);
  });
});

describeScenarios({ values: 1, failures: 1, failureLevels: 1 });
