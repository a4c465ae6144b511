import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { searchFor, valueCanaries } from '../system/canaries.js';
import { failures } from './failures.js';
import { isText, KeptLaptop } from './kept-laptop.js';
import { callableNames, Library, performCall } from './library.js';
import { libraryScenarios } from './library-scenarios.js';
import { rotated } from './rotated.js';

const all = valueCanaries();
const texts = all.filter(isText);
const leaksIn = searchFor(all);

/** How many of the canaries, and of the failures, meet each call. */
interface Counts {
  readonly values: number;
  readonly failures: number;
  /** How many of the calls of one function meet the failures. */
  readonly callsInFailures: number;
}

/** Every function of the library, alone and in the failures: no value is found but where it belongs. */
export function describeLibrary(counts: Counts): void {
  let kept: KeptLaptop;
  beforeAll(async () => {
    kept = await KeptLaptop.withEvery(all);
  });
  afterAll(() => kept.remove());

  test('every function that a program can call has scenarios, and no other', async () => {
    const library = new Library(kept.restored());
    const names = await callableNames(library);
    await library.close();
    expect(Object.keys(libraryScenarios).sort(), 'test/leaks/library-scenarios.ts').toEqual(names);
  });

  const entries = Object.entries(libraryScenarios);
  describe.each(entries)('%s', (name, scenarios) => {
    const place = entries.findIndex(([other]) => other === name);

    test.each([...scenarios.entries()])('call %i: no value is in what it says and writes', async (index, scenario) => {
      for (const value of rotated(texts, place + index).slice(0, counts.values)) {
        expect(leaksIn(await performCall(kept, scenario, value))).toEqual([]);
      }
    });

    test.each(rotated(failures, place).slice(0, counts.failures))(
      'when $name: no value is in what it says and writes',
      async (failure) => {
        for (const [index, scenario] of scenarios.slice(0, counts.callsInFailures).entries()) {
          for (const value of rotated(texts, place + index).slice(0, 1)) {
            const sinks = await performCall(kept, scenario, value, (laptop) =>
              failure.happen(laptop, value.bytes.toString()),
            );
            expect(leaksIn(sinks)).toEqual([]);
          }
        }
      },
    );
  });
}
