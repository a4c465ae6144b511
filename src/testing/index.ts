export { clientContract, type MakeClient } from '../core/client.contract.js';
export type { Clock, Timer } from '../core/clock.js';
export type { Deviation, TestRunner } from '../core/contract.js';
export { type MakeProvider, providerContract } from '../core/provider.contract.js';
export type { ProviderSubject } from '../core/provider-read.contract.js';
export {
  type ChannelSubject,
  channelContract,
  type MakeChannel,
} from '../lifecycle/notify/channels/channel.contract.js';
export {
  type MakeRollout,
  type RolloutSubject,
  rolloutContract,
} from '../lifecycle/rotation/rollouts/rollout.contract.js';
export {
  type MakeRotator,
  type RotatorSubject,
  rotatorContract,
} from '../lifecycle/rotation/rotators/rotator.contract.js';
export { type SlotScene, slotContract } from '../store/barrier/slots/slot.contract.js';
export { type MakePhysicalStore, physicalStoreContract } from '../store/physical/physical-store.contract.js';
export { type MakeSequencer, type SequencerSubject, sequencerContract } from '../store/physical/sequencer.contract.js';
export { accessSinkContract, type SinkSubject } from '../telemetry/access-sink.contract.js';
export { FakeClock } from './fake-clock.js';
export {
  createMemoryProvider,
  type MemoryProvider,
  type MemoryProviderOptions,
  type MemoryValue,
} from './memory-provider.js';
export {
  createScriptedProvider,
  type ScriptedAnswer,
  type ScriptedProvider,
  type ScriptedProviderOptions,
} from './scripted-provider.js';
export { createTestSecrets, type TestSecretsOptions } from './test-secrets.js';
