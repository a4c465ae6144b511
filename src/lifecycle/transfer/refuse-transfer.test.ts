import { expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { binaryPayload, textPayload } from '../../core/payload.js';
import { createMemoryProvider } from '../../testing/memory-provider.js';
import { refuseSteps } from './refuse-transfer.js';
import { planTransfer } from './transfer.js';
import { wholeSecret } from './wanted-secrets.js';

test('everything that a store cannot hold is named before anything is written', async () => {
  const target = createMemoryProvider({
    traits: {
      limits: {
        binary: false,
        empty: false,
        maxBytes: 5,
        problemOf: (path) => (path === 'a' ? 'too short' : undefined),
      },
    },
  });
  const payloads = {
    a: textPayload('x'),
    bb: binaryPayload(Uint8Array.of(0xff)),
    cc: textPayload('canary'),
    dd: textPayload('12345'),
    ee: textPayload(''),
  };
  const wanted = Object.entries(payloads).map(([path, payload]) =>
    wholeSecret({ payload, metadata: {} }, parsePath(path)),
  );
  const steps = await planTransfer(wanted, target);
  expect(() => refuseSteps(steps, target, { overwrite: true })).toThrowError(
    /^memory cannot hold a \(too short\), bb \(binary\), cc \(6 bytes, at most 5\), ee \(empty\)$/,
  );
});
