import { expect, test } from 'vitest';
import { readSecret } from '../../clients/kubernetes/api-object.js';
import { isKeywardError } from '../../core/errors.js';
import { binaryPayload, payloadText, textPayload } from '../../core/payload.js';
import { dataOfPayload, payloadOfData } from './secret-data.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const written = (text: string) => {
  const { data, jsonKeys } = dataOfPayload(textPayload(text), 'k');
  return payloadOfData(data, jsonKeys, undefined, 'k');
};
const codeOf = (run: () => unknown) => {
  try {
    run();
    return undefined;
  } catch (error) {
    return isKeywardError(error) ? error.code : error;
  }
};

test('documents and single values come back as they were written', () => {
  const texts = ['x', '', 'two\nlines\n', '{"a":"1","b":""}', '{"n":1.50,"t":true,"o":{"x":[null]},"s":"1.50"}', '{}'];
  for (const text of texts) expect(payloadText(written(text) ?? textPayload('?'))).toBe(text);
  const binary = binaryPayload(Uint8Array.of(0xff, 0));
  expect(payloadOfData(dataOfPayload(binary, 'k').data, [], undefined, 'k')).toEqual(binary);
});

test('a lone key called value is a single secret, also where it looks like a document', () => {
  const data = new Map([['value', bytes('{"a":1}')]]);
  expect(payloadOfData(data, [], undefined, 'k')).toEqual(textPayload('{"a":1}'));
  expect(payloadOfData(data, [], 'value', 'k')).toEqual(textPayload('{"value":"{\\"a\\":1}"}'));
  expect(payloadOfData(data, [], 'a', 'k')).toEqual(textPayload('{"a":1}'));
  expect(payloadOfData(data, [], 'b', 'k')).toBeUndefined();
});

test('a note that a value is JSON does not make it so', () => {
  for (const text of ['', ' ', '1,"y":2', '}', '"', 'nul', '{"a":1,"a":2}', '1}{']) {
    const data = new Map([['n', bytes(text)]]);
    expect(payloadOfData(data, ['n'], undefined, 'k')).toEqual(textPayload(JSON.stringify({ n: text })));
  }
});

test('names that mean something to JavaScript are names', () => {
  const { data } = dataOfPayload(textPayload('{"__proto__":"x","constructor":"y"}'), 'k');
  expect([...data.keys()]).toEqual(['__proto__', 'constructor']);
  const metadata = { name: 'a', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  const text = JSON.stringify({ kind: 'Secret', type: 'Opaque', metadata, data: {} });
  const secret = readSecret(JSON.parse(text.replace('"data":{}', '"data":{"__proto__":"eA=="}')));
  expect([...(secret?.data ?? [])].map(([key]) => key)).toEqual(['__proto__']);
});

test('a field that no key can be called is refused', () => {
  for (const name of ['', 'a b', 'a/b', '.', '..', '..a', 'ä', 'x'.repeat(254)]) {
    const text = JSON.stringify({ [name]: 'x' });
    expect(codeOf(() => dataOfPayload(textPayload(text), 'k'))).toBe('unsupported');
  }
});
