import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuditFixture, accessEntry } from '../../testing/audit-fixture.js';

let fixture: AuditFixture;

beforeEach(() => {
  fixture = new AuditFixture();
});

afterEach(() => fixture.dispose());

describe('a store whose audit-seal key was replaced', () => {
  const grown = () => [...fixture.sealKeys, new Uint8Array(32).fill(9)];

  test('goes on in the same log, whose older lines stay readable, and signs with a new key', async () => {
    const before = await fixture.open();
    await before.append(accessEntry('exchange/binance'), 'synced');
    await before.close();
    const after = await fixture.open({ sealKeys: grown() });
    await after.append(accessEntry('exchange/kraken'), 'synced');
    expect((await after.show({})).flatMap(({ path }) => path ?? [])).toEqual(['exchange/binance', 'exchange/kraken']);
    await after.checkpoint();
    expect(after.publicKey).not.toBe(before.publicKey);
    expect(await after.verify()).toMatchObject({ status: 'ok', keys: [before.publicKey, after.publicKey] });
  });

  test('is refused what was sealed since to a holder of the key of before', async () => {
    await (await fixture.open({ sealKeys: grown() })).append(accessEntry('exchange/kraken'), 'synced');
    await expect(fixture.open()).rejects.toMatchObject({ code: 'integrity' });
  });

  test('replaces its signing key once', async () => {
    await (await fixture.open()).close();
    const first = await fixture.open({ sealKeys: grown() });
    await first.close();
    expect((await fixture.open({ sealKeys: grown() })).publicKey).toBe(first.publicKey);
  });
});
