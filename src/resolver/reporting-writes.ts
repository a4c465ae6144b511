import type { Provider } from '../core/provider.js';

/**
 * The provider, telling after each change that was tried through it: also after one that failed, since it may have been
 * made nevertheless.
 */
export function reportingWrites(provider: Provider, onWritten: () => void): Provider {
  const reported = <Args extends unknown[], Result>(change: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      try {
        return await change.apply(provider, args);
      } finally {
        onWritten();
      }
    };
  };
  const { rotation } = provider;
  return {
    ...provider,
    write: reported(provider.write),
    remove: reported(provider.remove),
    restore: reported(provider.restore),
    stage: reported(provider.stage),
    rotation: rotation && { ...rotation, start: reported(rotation.start) },
  };
}
