import { describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { memoryStore, newChange, readText, type StoreUnderTest, writeText } from '../../testing/store-under-test.js';

const path = parsePath('exchange/binance');
const number = (n: number) => ({ version: { kind: 'number', number: n } }) as const;
const stage = (name: string) => ({ version: { kind: 'stage', stage: name } }) as const;

async function storeWith(...texts: readonly string[]) {
  const store = memoryStore();
  for (const text of texts) await writeText(store, path, text);
  return store;
}

async function stagesOf(store: StoreUnderTest): Promise<Readonly<Record<string, number>>> {
  const description = await store.secrets.describe(path);
  const pairs = description?.versions.flatMap((version) =>
    version.stages.map((name) => [name, version.number] as const),
  );
  return Object.fromEntries(pairs ?? []);
}

async function statesOf(store: StoreUnderTest) {
  return (await store.secrets.describe(path))?.versions.map((version) => version.state);
}

describe('deleting', () => {
  test('without versions takes the current one from readers, and keeps it described', async () => {
    const store = await storeWith('one', 'two');
    await store.secrets.delete(newChange(), path, {});
    await expect(readText(store, path)).rejects.toMatchObject({ code: 'deleted' });
    expect(await readText(store, path, number(1))).toBe('one');
    const description = await store.secrets.describe(path);
    expect(description?.current).toBeUndefined();
    expect(await statesOf(store)).toEqual(['deleted', 'live']);
    expect(await stagesOf(store)).toEqual({ current: 2, previous: 1 });
  });

  test('can be undone, by number, with the same payload', async () => {
    const store = await storeWith('one', 'two');
    await store.secrets.delete(newChange(), path, { versions: [1, 2] });
    await store.secrets.undelete(newChange(), path, { versions: [2] });
    expect(await readText(store, path)).toBe('two');
    expect(await statesOf(store)).toEqual(['live', 'deleted']);
  });

  test('of what is deleted or destroyed already changes nothing, not even the time of the update', async () => {
    const store = await storeWith('one', 'two');
    await store.secrets.delete(newChange(), path, { versions: [1] });
    await store.secrets.destroy(newChange(), path, { versions: [2] });
    const before = await store.secrets.describe(path);
    await store.clock.advance(1000);
    await store.secrets.delete(newChange(), path, { versions: [1, 2, 2] });
    expect(await store.secrets.describe(path)).toEqual(before);
  });

  test('a write after it makes a live current version again', async () => {
    const store = await storeWith('one');
    await store.secrets.delete(newChange(), path, {});
    expect(await writeText(store, path, 'two', { ifVersion: 1 })).toMatchObject({ number: 2 });
    expect(await readText(store, path)).toBe('two');
    await expect(readText(store, path, stage('previous'))).rejects.toMatchObject({ code: 'deleted' });
  });
});

describe('destroying', () => {
  test('removes the payload rows and cannot be undone', async () => {
    const store = await storeWith('one', 'two', 'three');
    await store.secrets.destroy(newChange(), path, { versions: [1, 3] });
    expect(store.barrier.count('payload')).toBe(1);
    await expect(readText(store, path)).rejects.toMatchObject({ code: 'deleted' });
    await expect(store.secrets.undelete(newChange(), path, { versions: [1] })).rejects.toMatchObject({
      code: 'deleted',
    });
    expect(await statesOf(store)).toEqual(['destroyed', 'live', 'destroyed']);
    expect((await store.secrets.describe(path))?.versions.map((version) => version.size)).toEqual([5, 3, 3]);
  });

  test('a deleted version works, a destroyed one is left as it is', async () => {
    const store = await storeWith('one');
    await store.secrets.delete(newChange(), path, {});
    await store.secrets.destroy(newChange(), path, { versions: [1] });
    await store.secrets.destroy(newChange(), path, { versions: [1] });
    expect(await statesOf(store)).toEqual(['destroyed']);
  });

  test('is all or nothing when one of the versions does not exist', async () => {
    const store = await storeWith('one', 'two');
    const attempt = store.secrets.destroy(newChange(), path, { versions: [1, 7] });
    await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
    expect(await readText(store, path, number(1))).toBe('one');
  });
});

describe('purging', () => {
  test('leaves no row of the secret behind, and a later secret of that name begins anew', async () => {
    const store = await storeWith('one', 'two');
    const { id } = await writeText(store, path, 'three');
    await store.secrets.delete(newChange(), path, { versions: [1] });
    await store.secrets.purge(newChange(), path);
    for (const kind of ['secret', 'payload', 'directory'] as const) expect(store.barrier.count(kind)).toBe(0);
    expect(await store.secrets.describe(path)).toBeUndefined();
    expect(await readText(store, path, number(1))).toBeUndefined();
    const again = await writeText(store, path, 'again');
    expect(again.number).toBe(1);
    expect(again.id).not.toBe(id);
  });
});

describe('stages', () => {
  test("a user's own stage goes where it is put, moves, and can be taken away", async () => {
    const store = await storeWith('one', 'two');
    await store.secrets.setStage(newChange(), path, 'known-good', 1, {});
    expect(await readText(store, path, stage('known-good'))).toBe('one');
    await store.secrets.setStage(newChange(), path, 'known-good', 2, {});
    expect(await stagesOf(store)).toEqual({ current: 2, previous: 1, 'known-good': 2 });
    await store.secrets.setStage(newChange(), path, 'known-good', undefined, {});
    await store.secrets.setStage(newChange(), path, 'known-good', undefined, {});
    expect(await readText(store, path, stage('known-good'))).toBeUndefined();
  });

  test('moving current makes the version it was on previous', async () => {
    const store = await storeWith('one', 'two', 'three');
    await store.secrets.setStage(newChange(), path, 'current', 1, { ifVersion: 3 });
    expect(await stagesOf(store)).toEqual({ current: 1, previous: 3 });
    await store.secrets.setStage(newChange(), path, 'current', 1, {});
    expect(await stagesOf(store)).toEqual({ current: 1, previous: 3 });
  });

  test('current cannot be taken away', async () => {
    const store = await storeWith('one');
    const attempt = store.secrets.setStage(newChange(), path, 'current', undefined, {});
    await expect(attempt).rejects.toMatchObject({ code: 'invalid' });
  });

  test('goes to live versions only', async () => {
    const store = await storeWith('one', 'two', 'three');
    await store.secrets.delete(newChange(), path, { versions: [1] });
    await store.secrets.destroy(newChange(), path, { versions: [2] });
    for (const [version, code] of [
      [1, 'deleted'],
      [2, 'deleted'],
      [4, 'not_found'],
    ] as const) {
      const attempt = store.secrets.setStage(newChange(), path, 'good', version, {});
      await expect(attempt).rejects.toMatchObject({ code });
    }
  });

  test.each(['', '1', 'a b', 'f'.repeat(32), 'a'.repeat(65)])('%j is no stage name', async (name) => {
    const store = await storeWith('one');
    await expect(store.secrets.setStage(newChange(), path, name, 1, {})).rejects.toMatchObject({ code: 'invalid' });
  });

  test('a secret has at most 20 of its own, and there is always room for current, previous and pending', async () => {
    const store = await storeWith('one');
    for (let i = 0; i < 20; i += 1) await store.secrets.setStage(newChange(), path, `s${i}`, 1, {});
    await writeText(store, path, 'two');
    const attempt = store.secrets.setStage(newChange(), path, 'another', 1, {});
    await expect(attempt).rejects.toMatchObject({ code: 'too_large' });
    await store.secrets.setStage(newChange(), path, 'pending', 1, {});
    await writeText(store, path, 'three');
    expect(await stagesOf(store)).toMatchObject({ current: 3, previous: 2, pending: 1, s19: 1 });
  });
});

describe('rolling back', () => {
  test('makes the previous version current without a new version, and can be undone the same way', async () => {
    const store = await storeWith('one', 'two');
    const rolledBack = await store.secrets.rollback(newChange(), path, {});
    expect(rolledBack).toMatchObject({ number: 1, stages: ['current'] });
    expect(await readText(store, path)).toBe('one');
    expect(await stagesOf(store)).toEqual({ current: 1, previous: 2 });
    await store.secrets.rollback(newChange(), path, {});
    expect(await stagesOf(store)).toEqual({ current: 2, previous: 1 });
  });

  test('to a number makes that version current and the one that was current previous', async () => {
    const store = await storeWith('one', 'two', 'three');
    await store.secrets.rollback(newChange(), path, { to: 1 });
    expect(await stagesOf(store)).toEqual({ current: 1, previous: 3 });
    await writeText(store, path, 'four');
    expect(await stagesOf(store)).toEqual({ current: 4, previous: 1 });
  });

  test('to the current version changes nothing', async () => {
    const store = await storeWith('one', 'two');
    expect(await store.secrets.rollback(newChange(), path, { to: 2 })).toMatchObject({ number: 2 });
    expect(await stagesOf(store)).toEqual({ current: 2, previous: 1 });
  });

  test('to a deleted version says so; without a previous one there is nothing to go to', async () => {
    const store = await storeWith('one');
    await expect(store.secrets.rollback(newChange(), path, {})).rejects.toMatchObject({ code: 'not_found' });
    await writeText(store, path, 'two');
    await store.secrets.delete(newChange(), path, { versions: [1] });
    await expect(store.secrets.rollback(newChange(), path, {})).rejects.toMatchObject({ code: 'deleted' });
    await expect(store.secrets.rollback(newChange(), path, { to: 9 })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the number of versions kept', () => {
  const numbers = async (store: StoreUnderTest) =>
    (await store.secrets.describe(path))?.versions.map((version) => version.number);

  test('is ten unless said otherwise; the payloads of the oldest go with them', async () => {
    const store = await storeWith(...Array.from({ length: 12 }, (_, i) => `v${i + 1}`));
    expect(await numbers(store)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect(store.barrier.count('payload')).toBe(10);
    await expect(readText(store, path, number(2))).rejects.toMatchObject({ code: 'deleted' });
  });

  test('takes effect at once when it is lowered', async () => {
    const store = await storeWith('one', 'two', 'three', 'four');
    await store.secrets.setMaxVersions(newChange(), path, 2);
    expect(await numbers(store)).toEqual([4, 3]);
    await store.secrets.setMaxVersions(newChange(), path, 3);
    await writeText(store, path, 'five');
    expect(await numbers(store)).toEqual([5, 4, 3]);
  });

  test('does not count against versions that carry a stage: they stay until it is taken away', async () => {
    const store = await storeWith('one', 'two');
    await store.secrets.setStage(newChange(), path, 'known-good', 1, {});
    await store.secrets.setMaxVersions(newChange(), path, 1);
    for (const text of ['three', 'four']) await writeText(store, path, text);
    expect(await numbers(store)).toEqual([4, 3, 1]);
    await store.secrets.setStage(newChange(), path, 'known-good', undefined, {});
    await writeText(store, path, 'five');
    expect(await numbers(store)).toEqual([5, 4]);
  });

  test.each([0, 51, 1.5, -1, Number.NaN])('cannot be %d', async (maxVersions) => {
    const store = await storeWith('one');
    const attempt = store.secrets.setMaxVersions(newChange(), path, maxVersions);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('a secret that does not exist', () => {
  test('cannot be changed by anything but a write', async () => {
    const { secrets } = memoryStore();
    const attempts = [
      secrets.delete(newChange(), path, {}),
      secrets.undelete(newChange(), path, { versions: [1] }),
      secrets.destroy(newChange(), path, { versions: [1] }),
      secrets.purge(newChange(), path),
      secrets.setStage(newChange(), path, 'good', 1, {}),
      secrets.rollback(newChange(), path, {}),
      secrets.setMaxVersions(newChange(), path, 5),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('an empty list of versions', () => {
  test('is invalid, and never stands for all or for the current one', async () => {
    const { secrets } = await storeWith('one');
    const attempts = [
      secrets.delete(newChange(), path, { versions: [] }),
      secrets.undelete(newChange(), path, { versions: [] }),
      secrets.destroy(newChange(), path, { versions: [] }),
      secrets.destroy(newChange(), path, { versions: undefined }),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'invalid' });
  });
});
