import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sinks, searchFor, valueCanaries } from '../system/canaries.js';
import { isText, KeptLaptop } from './kept-laptop.js';
import { gatherFromProgram, librarySinks } from './library-sinks.js';
import { redactionSinks } from './redaction-sinks.js';

const values = valueCanaries().filter(isText);
const texts = values.map(({ bytes }) => bytes.toString());
const leaksIn = searchFor(values);

describe('a program that reads every value', () => {
  let kept: KeptLaptop;
  let gathered: Readonly<Record<string, Sinks>>;
  let leaked: Readonly<Record<string, Sinks>>;
  beforeAll(async () => {
    kept = await KeptLaptop.withEvery(values);
    gathered = await gatherFromProgram(kept, texts, false);
    leaked = await gatherFromProgram(kept, texts, true);
  });
  afterAll(() => kept.remove());

  test.each(librarySinks)('leaves no value in: $name', ({ name }) => {
    expect(leaksIn(gathered[name] ?? new Map())).toEqual([]);
  });

  test.each([...librarySinks.entries()])('would be seen to leak into sink %i', (at, { name }) => {
    const found = leaksIn(leaked[name] ?? new Map());
    expect(found).toContainEqual(expect.stringContaining(values[at]?.name ?? name));
  });

  test('is looked at in all of these places', () => {
    expect(Object.keys(gathered)).toEqual(librarySinks.map(({ name }) => name));
  });
});

describe.each(redactionSinks)('the $name', ({ write }) => {
  const found = (text: string) => leaksIn(new Map([['log', Buffer.from(text)]]));

  test.each(values)('shows nothing of the $name', ({ bytes }) => {
    expect(found(write(bytes.toString(), true))).toEqual([]);
  });

  test.each(values)('would be seen to show the $name', ({ bytes }) => {
    expect(found(write(bytes.toString(), false))).not.toEqual([]);
  });
});
