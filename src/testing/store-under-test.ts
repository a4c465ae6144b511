import { systemClock } from '../core/clock.js';
import { parsePath } from '../core/path.js';
import { type Payload, payloadText, textPayload } from '../core/payload.js';
import type { Ref } from '../core/ref.js';
import { toHex } from '../crypto/encoding.js';
import { randomBytes } from '../crypto/random.js';
import type { Barrier } from '../store/barrier/barrier.js';
import type { SealedBarrier } from '../store/barrier/sealed-barrier.js';
import type { RecordStore } from '../store/records/record-store.js';
import { createRecordStore } from '../store/records/sealed-record-store.js';
import { createOperationLog } from '../store/secrets/operation-log.js';
import { createSecretStore } from '../store/secrets/sealed-secret-store.js';
import type { ChangeContext, OperationLog, SecretStore } from '../store/secrets/secret-store.js';
import { FakeClock } from './fake-clock.js';
import { MemoryBarrier } from './memory-barrier.js';
import { SealedStoreKit } from './sealed-store-kit.js';

/** The rooms over one barrier, with the clock that they share. */
export interface StoreUnderTest<B extends Barrier = Barrier> {
  readonly barrier: B;
  readonly clock: FakeClock;
  readonly secrets: SecretStore;
  readonly records: RecordStore;
  readonly operations: OperationLog;
}

export function storeOver<B extends Barrier>(barrier: B, clock: FakeClock): StoreUnderTest<B> {
  const parts = { barrier, clock };
  return {
    ...parts,
    secrets: createSecretStore(parts),
    records: createRecordStore(parts),
    operations: createOperationLog(parts),
  };
}

export function memoryStore(): StoreUnderTest<MemoryBarrier> {
  return storeOver(new MemoryBarrier(), new FakeClock());
}

/** The rooms over a sealed store in memory; `openAnother` does what a further process would do. */
export interface SealedStoreUnderTest extends StoreUnderTest<SealedBarrier> {
  readonly kit: SealedStoreKit;
  openAnother(): Promise<StoreUnderTest<SealedBarrier>>;
}

export async function sealedStore(): Promise<SealedStoreUnderTest> {
  const clock = new FakeClock();
  // Where stores meet conflicts, the pauses between tries must pass by themselves.
  const kit = await SealedStoreKit.create(systemClock);
  const openAnother = async () => storeOver(await kit.open(), clock);
  return { ...(await openAnother()), kit, openAnother };
}

/** What a change by the test's owner carries, under a new operation id. */
export function newChange(): ChangeContext {
  return { operationId: toHex(randomBytes(16)), actor: 'owner', requestMac: randomBytes(32) };
}

/** Writes the text as a new version. */
export function writeText(
  store: StoreUnderTest,
  path: string,
  text: string,
  options: { readonly ifVersion?: number; readonly token?: string } = {},
) {
  return store.secrets.write(newChange(), parsePath(path), { payload: textPayload(text) }, options);
}

/** The text that the ref reads as; `undefined` when there is none. */
export async function readText(store: StoreUnderTest, path: string, rest: Omit<Ref, 'path'> = {}) {
  const payload: Payload | undefined = (await store.secrets.read({ path: parsePath(path), ...rest }))?.payload;
  return payload && payloadText(payload);
}
