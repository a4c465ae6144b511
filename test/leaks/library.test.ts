import { describe, expect, test } from 'vitest';
import { searchFor, valueCanaries } from '../system/canaries.js';
import { isText } from './kept-laptop.js';
import { spellingsOf } from './library.js';
import { describeLibrary } from './library-suite.js';
import { spellingSinks } from './spelling-sinks.js';

const texts = valueCanaries().filter(isText);
const leaksIn = searchFor(texts);

describe.each(spellingSinks)('$name', ({ name, leak }) => {
  test.each(texts)('is searched: the $name that is put there is found', ({ bytes }) => {
    const found = leaksIn(spellingsOf(leak(bytes.toString()))).map((text) => text.split(': ')[0]);
    expect(found).toContain(name);
  });
});

describeLibrary({ values: 1, failures: 1, callsInFailures: 1 });
