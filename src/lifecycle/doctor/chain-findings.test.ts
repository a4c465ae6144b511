import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { bareEntry, type Inventory } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { textPayload } from '../../core/payload.js';
import type { Diagnosis, Provider } from '../../core/provider.js';
import { Secret } from '../../core/secret.js';
import { createMemoryProvider } from '../../testing/memory-provider.js';
import { answerFindings, examineLinks, listedRefs } from './chain-findings.js';

const token = parsePath('app/token');
const binance = parsePath('exchange/binance');
const inventory: Inventory = new Map([
  [token, bareEntry(token)],
  [binance, { ...bareEntry(binance), fields: ['api_key', 'api_secret'], required: false }],
]);
const needs = { refs: [], writes: false };

function link(diagnose: () => Promise<Diagnosis>): Provider {
  return { ...createMemoryProvider({ name: 'far' }), diagnose };
}

describe('the chain, examined', () => {
  test('asks for every secret and every field of the inventory', () => {
    expect(listedRefs(inventory)).toEqual([
      { path: token },
      { path: binance, field: 'api_key' },
      { path: binance, field: 'api_secret' },
    ]);
  });

  test('says who a store takes us for, and a link that fails hides nothing of the others', async () => {
    const links = await examineLinks([
      { provider: link(async () => ({ identity: 'bot', findings: [] })), needs },
      { provider: link(() => Promise.reject(new KeywardError('denied', 'no'))), needs },
    ]);
    expect(links).toMatchObject([
      { identity: 'bot', findings: [] },
      { findings: [{ severity: 'error', cause: 'no' }] },
    ]);
  });

  test('what is missing is an error, unless the inventory can do without it', () => {
    const absent = new KeywardError('not_found', 'absent');
    const answers = new Map([
      ['app/token', absent],
      ['exchange/binance#api_key', absent],
      ['exchange/binance#api_secret', new KeywardError('denied', 'not for you')],
    ]);
    expect(answerFindings(inventory, answers).map(({ where, cause }) => [where, cause])).toEqual([
      ['app/token', 'absent'],
      ['exchange/binance#api_secret', 'not for you'],
    ]);
  });

  test('slips in values are found', () => {
    const answers = new Map([['app/token', Secret.of(textPayload('x\n'))]]);
    expect(answerFindings(inventory, answers)).toMatchObject([{ severity: 'warning', where: 'app/token' }]);
  });
});
