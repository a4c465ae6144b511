import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertProgram } from '../faults/needed-program.js';
import { type Sinks, searchFor, valueCanaries } from '../system/canaries.js';
import { isText } from './kept-laptop.js';
import { gatherings } from './process-sinks.js';
import { WorkPlace } from './work-place.js';

const values = valueCanaries().filter(isText);
const leaksIn = searchFor(values);

let place: WorkPlace;
beforeAll(() => {
  for (const name of ['strace', 'tmux', 'git']) assertProgram(name, name);
  place = new WorkPlace(values);
});
afterAll(() => place.remove());

describe.each(gatherings)('$name', ({ work, gather, sinks }) => {
  let gathered: Readonly<Record<string, Sinks>>;
  beforeAll(() => {
    gathered = gather(place, work);
  });

  test('is looked at in all of these places', () => {
    expect(Object.keys(gathered).sort()).toEqual(sinks.map(({ name }) => name).sort());
  });

  test.each(sinks)('leaves no value in: $name', ({ name }) => {
    const found = gathered[name] ?? new Map();
    expect(leaksIn(found)).toEqual([]);
  });

  test.each(sinks)('would be seen to leak into: $name', ({ name, leak }) => {
    expect(leaksIn(gather(place, leak)[name] ?? new Map())).not.toEqual([]);
  });
});
