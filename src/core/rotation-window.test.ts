import { expect, test } from 'vitest';
import { parseRotationWindow } from './rotation-window.js';

const windowAt = (source: string, at: string) => {
  const { opensAt, closesAt } = parseRotationWindow(source).at(Date.parse(at));
  return [opensAt, closesAt].map((time) => new Date(time).toISOString().slice(0, 16));
};

test('the window is the one that is open, else the next', () => {
  const source = '02:00-05:00';
  expect(windowAt(source, '2027-06-01T02:00:00Z')).toEqual(['2027-06-01T02:00', '2027-06-01T05:00']);
  expect(windowAt(source, '2027-06-01T04:59:59Z')).toEqual(['2027-06-01T02:00', '2027-06-01T05:00']);
  expect(windowAt(source, '2027-06-01T05:00:00Z')).toEqual(['2027-06-02T02:00', '2027-06-02T05:00']);
  expect(windowAt('00:00-24:00', '2027-06-01T23:59:00Z')).toEqual(['2027-06-01T00:00', '2027-06-02T00:00']);
});

test('days are those on which it opens, also when it goes on into the next', () => {
  const source = 'fri-sat 22:00-06:00 Europe/Berlin';
  expect(windowAt(source, '2027-06-03T12:00:00Z')).toEqual(['2027-06-04T20:00', '2027-06-05T04:00']);
  expect(windowAt(source, '2027-06-06T03:59:00Z')).toEqual(['2027-06-05T20:00', '2027-06-06T04:00']);
  expect(windowAt(source, '2027-06-06T04:00:00Z')).toEqual(['2027-06-11T20:00', '2027-06-12T04:00']);
  expect(windowAt('sat-mon,wed 02:00-03:00', '2027-06-01T12:00:00Z')).toEqual(['2027-06-02T02:00', '2027-06-02T03:00']);
});

test('clocks that change move its ends with them, and may skip it as a whole', () => {
  const source = '02:00-05:00 Europe/Berlin';
  expect(windowAt(source, '2027-03-28T01:00:00Z')).toEqual(['2027-03-28T01:00', '2027-03-28T03:00']);
  expect(windowAt(source, '2027-10-31T00:30:00Z')).toEqual(['2027-10-31T00:00', '2027-10-31T04:00']);
  const skipped = '02:30-03:00 Europe/Berlin';
  expect(windowAt(skipped, '2027-03-28T00:00:00Z')).toEqual(['2027-03-29T00:30', '2027-03-29T01:00']);
});

test('where clocks are far from UTC, the window of the day before may be open still', () => {
  const source = '20:00-19:00 Pacific/Pago_Pago';
  expect(windowAt(source, '2027-06-02T05:59:00Z')).toEqual(['2027-06-01T07:00', '2027-06-02T06:00']);
});

test.each([
  '',
  '02:00',
  '2:00-5:00',
  '02:00-02:00',
  '02:00-24:01',
  '25:00-26:00',
  '24:00-02:00',
  'monday 02:00-05:00',
  'mon- 02:00-05:00',
  'mon-tue-wed 02:00-05:00',
  ',mon 02:00-05:00',
  '02:00-05:00 Mars/Base',
  '02:00-05:00 Europe/Berlin UTC',
])('%j is refused', (source) => {
  expect(() => parseRotationWindow(source)).toThrowError(expect.objectContaining({ code: 'invalid' }));
});
