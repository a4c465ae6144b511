import { describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { binaryPayload, documentPayload, payloadText, textPayload } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { createMemoryProvider } from '../../testing/memory-provider.js';
import { type Moved, mapSecrets } from './map-secrets.js';
import { applyTransfer, planTransfer } from './transfer.js';
import { TransferRules } from './transfer-rules.js';

const rulesOf = (text: string) => TransferRules.parse(text, 'rules.yaml');

function moved(path: string, value: string | Readonly<Record<string, string>>, metadata = {}): Moved {
  const payload = typeof value === 'string' ? textPayload(value) : documentPayload(Object.entries(value));
  return { path: parsePath(path), payload, metadata, version: undefined };
}

async function move(secrets: readonly Moved[], rules: string, target: Provider = createMemoryProvider()) {
  const { wanted } = mapSecrets(secrets, await rulesOf(rules));
  await applyTransfer(await planTransfer(wanted, target), target);
  const texts: Record<string, string> = {};
  for await (const path of target.list('')) {
    const found = await target.read({ path });
    if (found !== undefined) texts[path] = payloadText(found.payload);
  }
  return texts;
}

describe('rules', () => {
  const bundle = moved('bundle', { binance_key: 'k', okx_key: 'o', rest: 'r' });

  test.each([
    ['rename', '"old/*": new/*', [moved('old/a/b', 'x'), moved('older', 'y')], { 'new/a/b': 'x', older: 'y' }],
    [
      'prefer the longest that fits',
      '{"a/*": x/*, "a/b/*": y/*, "*": z/*}',
      [moved('a/b/c', '1'), moved('d', '2')],
      { 'y/c': '1', 'z/d': '2' },
    ],
    ['leave out', '{a: null, "b/*": []}', [moved('a', '1'), moved('b/c', '2'), moved('d', '3')], { d: '3' }],
    ['copy to several places', 'a: [b, c]', [moved('a', '1')], { b: '1', c: '1' }],
    [
      'take a document apart',
      '{"bundle#okx_key": okx, "bundle": left}',
      [bundle],
      { okx: 'o', left: '{"binance_key":"k","rest":"r"}' },
    ],
    [
      'put single values together',
      '{"a": "d#x", "b": "d#y"}',
      [moved('a', '1'), moved('b', '2')],
      { d: '{"x":"1","y":"2"}' },
    ],
    [
      'let equal values be one',
      '{a: c, b: c}'.replaceAll(': c', ': "c#x"'),
      [moved('a', '1'), moved('b', '1')],
      { c: '{"x":"1"}' },
    ],
    ['do nothing when there are none', '{}', [bundle], { bundle: '{"binance_key":"k","okx_key":"o","rest":"r"}' }],
  ])('%s', async (_, rules, secrets, expected) => {
    expect(await move(secrets, rules)).toEqual(expected);
  });

  test('carry names and notes to the parts', async () => {
    const target = createMemoryProvider();
    const metadata = { 'env.okx_key': 'OKX_KEY', 'env.rest': 'REST', owner: 'me' };
    await move([{ ...bundle, metadata }], '{"bundle#okx_key": "exchange/okx#api_key"}', target);
    expect((await target.read({ path: parsePath('exchange/okx') }))?.metadata).toEqual({
      'env.api_key': 'OKX_KEY',
      owner: 'me',
    });
    expect((await target.read({ path: parsePath('bundle') }))?.metadata).toEqual({ 'env.rest': 'REST', owner: 'me' });
  });

  test('say what is renamed, what is left out, and what nothing fitted', async () => {
    const rules = await rulesOf('a: b\nc: null\nd: e\n"f/*": g/*');
    expect(mapSecrets([moved('a', '1'), moved('c', '2'), moved('x', '3')], rules)).toMatchObject({
      renamed: [['a', 'b']],
      leftOut: ['c'],
    });
    expect(rules.unused()).toEqual(['rules.yaml:3', 'rules.yaml:4']);
  });

  test.each([
    ['two secrets at one place', '{a: c, b: c}'],
    ['a field beside a single value', '{a: c, b: "c#x"}'],
    ['two values of one field', '{a: "c#x", b: "c#x"}'],
  ])('refuse %s', async (_, text) => {
    const rules = await rulesOf(text);
    expect(() => mapSecrets([moved('a', 'canary-1'), moved('b', 'canary-2')], rules)).toThrowError(
      /^two secrets with other values would be c(?:#x)?$/,
    );
  });

  test('refuse a binary field', async () => {
    const rules = await rulesOf('a: "c#x"');
    const secret = { ...moved('a', ''), payload: binaryPayload(Uint8Array.of(0xff)) };
    expect(() => mapSecrets([secret], rules)).toThrowError('a is binary and cannot be the field c#x');
  });

  test.each([
    ['a number', 'a: 1', 'rules.yaml:1: a rule leads to a place'],
    ['a version', 'x: y\na: b@2', 'rules.yaml:2: a place has no version'],
    ['a path that is none', 'a: ../b', 'rules.yaml:1: '],
    ['a folder that becomes a secret', '"a/*": b', 'rules.yaml:1: a rule for a folder leads to folders'],
    ['no mapping', 'just text', 'rules.yaml:1: '],
    ['a rule that stands twice', 'a: b\na: c', 'rules.yaml:2:1: '],
  ])('are refused with their line for %s', async (_, text, message) => {
    await expect(rulesOf(text)).rejects.toMatchObject({ code: 'config', message: expect.stringContaining(message) });
  });
});
