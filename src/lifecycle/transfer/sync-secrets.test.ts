import { beforeEach, describe, expect, test } from 'vitest';
import { readNoted } from '../../core/metadata.js';
import { type Path, parsePath } from '../../core/path.js';
import { payloadText, textPayload } from '../../core/payload.js';
import { createMemoryProvider, type MemoryProvider } from '../../testing/memory-provider.js';
import { leftovers, mirrored, ownSteps } from './sync-secrets.js';
import { applyTransfer, planTransfer } from './transfer.js';

const [a, b, c] = ['a', 'b', 'c'].map(parsePath) as [Path, Path, Path];
let source: MemoryProvider;
let target: MemoryProvider;

beforeEach(() => {
  source = createMemoryProvider({ name: 'source', secrets: { a: '1', b: '2' } });
  target = createMemoryProvider({ name: 'target' });
});

async function noted(provider: MemoryProvider) {
  const found = await Promise.all([a, b, c].map((path) => readNoted(provider, path)));
  return found.flatMap((version) => version ?? []);
}

async function sync(owner = 'bot/production/source') {
  const wanted = (await noted(source)).map((secret) => mirrored(secret, owner));
  const { own, foreign } = ownSteps(await planTransfer(wanted, target), owner);
  return { written: await applyTransfer(own, target), foreign };
}

describe('a sync', () => {
  test('mirrors values and notes, and does nothing when nothing changed', async () => {
    expect(await sync()).toEqual({ written: 2, foreign: [] });
    expect(await sync()).toEqual({ written: 0, foreign: [] });
    await source.write(a, { payload: textPayload('3'), metadata: { owner: 'me' } });
    expect(await sync()).toEqual({ written: 1, foreign: [] });
    expect(await readNoted(target, a)).toMatchObject({
      metadata: { owner: 'me', synced_from: 'bot/production/source' },
      version: { number: 2 },
    });
    await source.write(a, { metadata: {} });
    await sync();
    expect((await readNoted(target, a))?.metadata).toEqual({ synced_from: 'bot/production/source' });
  });

  test.each(['1', 'other'])('never touches a secret without its mark, also one that holds %j', async (text) => {
    target.set('a', text);
    expect(await sync()).toEqual({ written: 1, foreign: [a] });
    expect(await readNoted(target, a)).toMatchObject({ metadata: {}, version: { number: 1 } });
  });

  test('leaves what another sync wrote, and what somebody else deleted', async () => {
    await sync('other/production/source');
    expect(await sync()).toEqual({ written: 0, foreign: [a, b] });
    target.set('c', 'x');
    await target.remove({ path: c }, { mode: 'soft' });
    source.set('c', 'y');
    expect((await sync()).foreign).toEqual([a, b, c]);
  });

  test('takes away only what it wrote and the source no longer has', async () => {
    await sync();
    target.set('c', 'theirs');
    await source.remove({ path: b }, { mode: 'purge' });
    expect(leftovers(await noted(target), await noted(source), 'bot/production/source')).toEqual([b]);
    expect(leftovers(await noted(target), await noted(source), 'bot/staging/source')).toEqual([]);
  });

  test('stops where somebody else writes between plan and change', async () => {
    const wanted = (await noted(source)).map((secret) => mirrored(secret, 'me'));
    const { own } = ownSteps(await planTransfer(wanted, target), 'me');
    target.set('b', 'theirs');
    await expect(applyTransfer(own, target)).rejects.toMatchObject({ code: 'conflict' });
    const kept = await target.read({ path: b });
    expect(kept && payloadText(kept.payload)).toBe('theirs');
  });
});
