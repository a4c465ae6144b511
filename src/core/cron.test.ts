import { describe, expect, test } from 'vitest';
import { parseCron } from './cron.js';

const at = (text: string) => Date.parse(text);
const following = (source: string, from: string, count = 1) => {
  const cron = parseCron(source);
  const times: number[] = [];
  for (let time = at(from); times.length < count; time = times.at(-1) ?? time) times.push(cron.after(time));
  return times.map((time) => new Date(time).toISOString().slice(0, 16));
};

test('the next time is after the instant, never at it', () => {
  expect(following('0 3 * * *', '2027-03-01T03:00:00Z')).toEqual(['2027-03-02T03:00']);
  expect(following('0 3 * * *', '2027-03-01T02:59:59.999Z')).toEqual(['2027-03-01T03:00']);
});

test('lists, ranges, steps and names are read as crontab(5) reads them', () => {
  expect(following('*/20 8-9 * * *', '2027-03-01T08:30:00Z', 4)).toEqual([
    '2027-03-01T08:40',
    '2027-03-01T09:00',
    '2027-03-01T09:20',
    '2027-03-01T09:40',
  ]);
  expect(following('0 0 1 jan,Jul *', '2027-03-01T00:00:00Z', 2)).toEqual(['2027-07-01T00:00', '2028-01-01T00:00']);
  expect(following('0 0 * * 7', '2027-03-01T00:00:00Z')).toEqual(['2027-03-07T00:00']);
  expect(following('0 0 * * sun', '2027-03-01T00:00:00Z')).toEqual(['2027-03-07T00:00']);
  expect(following('0 0 13 * fri', '2027-03-01T00:00:00Z', 3)).toEqual([
    '2027-03-05T00:00',
    '2027-03-12T00:00',
    '2027-03-13T00:00',
  ]);
  expect(following('0 0 29 2 *', '2096-03-01T00:00:00Z')).toEqual(['2104-02-29T00:00']);
});

describe('where clocks change', () => {
  test('the time of the day stays what the clocks of the zone show', () => {
    const times = following('30 4 * * * Europe/Berlin', '2027-03-26T12:00:00Z', 3);
    expect(times).toEqual(['2027-03-27T03:30', '2027-03-28T02:30', '2027-03-29T02:30']);
  });

  test('a time that they skip is an hour later, once', () => {
    const times = following('30 2 * * * Europe/Berlin', '2027-03-27T12:00:00Z', 2);
    expect(times).toEqual(['2027-03-28T01:30', '2027-03-29T00:30']);
  });

  test('a time that they show twice is the first, once', () => {
    const times = following('30 2 * * * Europe/Berlin', '2027-10-30T12:00:00Z', 2);
    expect(times).toEqual(['2027-10-31T00:30', '2027-11-01T01:30']);
  });

  test('half an hour, and zones far ahead of UTC and behind it, do no harm', () => {
    expect(following('15 2 * * * Australia/Lord_Howe', '2027-10-01T00:00:00Z', 3)).toEqual([
      '2027-10-01T15:45',
      '2027-10-02T15:45',
      '2027-10-03T15:15',
    ]);
    expect(following('0 1 * * * Pacific/Kiritimati', '2027-06-01T10:30:00Z')).toEqual(['2027-06-01T11:00']);
    expect(following('0 23 * * * Pacific/Pago_Pago', '2027-06-01T09:30:00Z')).toEqual(['2027-06-01T10:00']);
  });
});

test.each([
  '',
  '* * * *',
  '* * * * * UTC more',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '5-3 * * * *',
  '5/2 * * * *',
  '*/0 * * * *',
  '1-2-3 * * * *',
  '1,,2 * * * *',
  '-1 * * * *',
  ' 0 3 * * *',
  '0  3 * * *',
  '0 0 30 2 *',
  '@daily',
  '0 3 * * * Nowhere/City',
  '0 3 * * * +02:00',
  '0 3 * * * __proto__',
])('%j is refused', (source) => {
  expect(() => parseCron(source)).toThrowError(expect.objectContaining({ code: 'invalid' }));
});
