import { expect, test, vi } from 'vitest';
import { parsePath } from '../core/path.js';
import type { Provider } from '../core/provider.js';
import { createMemoryProvider } from '../testing/memory-provider.js';
import { reportingWrites } from './reporting-writes.js';

test('a provider that reports its writes has every member that it has without', () => {
  const status = vi.fn();
  const provider: Provider = {
    ...createMemoryProvider(),
    diagnose: async () => ({ identity: 'me', findings: [] }),
    rotation: { status, start: async () => 'started' },
  };
  const reporting = reportingWrites(provider, () => {});
  expect(Object.keys(reporting).sort()).toEqual(Object.keys(provider).sort());
  expect(reporting.diagnose).toBe(provider.diagnose);
  expect(reporting.rotation?.status).toBe(status);
});

test('a rotation that was begun is reported, also when it fails', async () => {
  const onWritten = vi.fn();
  const start = vi.fn().mockResolvedValueOnce('started').mockRejectedValueOnce(new Error('lost'));
  const provider = { ...createMemoryProvider(), rotation: { status: vi.fn(), start } };
  const { rotation } = reportingWrites(provider, onWritten);
  const path = parsePath('app/token');
  expect(await rotation?.start(path)).toBe('started');
  await expect(rotation?.start(path)).rejects.toThrow('lost');
  expect(onWritten).toHaveBeenCalledTimes(2);
});
