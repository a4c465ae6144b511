export {
  createSecretsManagerRotation,
  type SecretsManagerEvent,
  type SecretsManagerRotationOptions,
} from './compose/aws-rotation-function.js';
export type { LoadedEnvironment, LoadIntoEnvOptions } from './compose/load-into-env.js';
export { type OpenStoreOptions, openStore } from './compose/open-default-store.js';
export {
  type OpenedRotations,
  openRotations,
  type RotationFinding,
  type RotationProgress,
  type RotationStatus,
} from './compose/open-rotations.js';
export { type OpenedSecrets, type OpenSecretsOptions, openSecrets } from './compose/open-secrets.js';
export { readDeployment } from './compose/read-deployment.js';
export type { OpenedStore } from './compose/workspace.js';
export type { AccessEntry, AccessLevel, KeyUses, LostEntries, SecretAccess, ServiceCall } from './core/access-entry.js';
export type { ApiCall } from './core/api-call.js';
export type {
  AuditClient,
  AuditProblem,
  AuditRecord,
  AuditVerification,
  Client,
  ListEntry,
  ListPage,
  PatchInput,
  RecordsClient,
  RecordValue,
  SealClient,
  SealStatus,
  SecretsClient,
  VersionNumbers,
} from './core/client.js';
export { type ErrorCode, type ErrorDetails, isKeywardError, KeywardError } from './core/errors.js';
export type { Finding, Severity } from './core/finding.js';
export type { Identity, KeyIdentity, TokenIdentity } from './core/identity.js';
export type { KeyUse } from './core/key-use.js';
export type { ManagedRotation, ManagedRotationStatus, RotationRules } from './core/managed-rotation.js';
export { type Path, parsePath } from './core/path.js';
export { binaryPayload, documentPayload, type Payload, textPayload } from './core/payload.js';
export type {
  CallOptions,
  Capability,
  Provider,
  ProviderHealth,
  ProviderTraits,
  RemoveMode,
  WriteInput,
  WriteOptions,
} from './core/provider.js';
export { parseRef, type Ref, type VersionSelector } from './core/ref.js';
export { type Origin, redactionMask, Secret } from './core/secret.js';
export type {
  NewSlot,
  SlotAddress,
  SlotDescription,
  SlotEnrolment,
  SlotList,
  SlotParameters,
  SlotRemoval,
} from './core/slots.js';
export type { SecretDescription, SecretVersion, VersionInfo, VersionState } from './core/version.js';
export {
  type ConfigEntry,
  type ConfigOf,
  type ConfigShape,
  plain,
  type SecretEntryOptions,
  secret,
} from './resolver/config/config-entry.js';
export type { StandardSchema } from './resolver/config/standard-schema.js';
export { type Acceptance, createVerifier, type Verifier, type VerifierOptions } from './resolver/create-verifier.js';
export { createKeySet, type KeySetOptions, type KeySetSecrets } from './resolver/key-set/create-key-set.js';
export type { KeyLimits, KeyRefusal, KeyUsage } from './resolver/key-set/key-meter.js';
export type { KeyAnswer, KeySet } from './resolver/key-set/key-set.js';
export type { SecretNames, SecretNamesOptions } from './resolver/secret-names.js';
export type {
  ChainHealth,
  Credentials,
  CredentialsOptions,
  ExplainStep,
  Explanation,
  Fields,
  FieldsHandle,
  GetAllOptions,
  GetOptions,
  LinkHealth,
  SecretHandle,
  Secrets,
  WithCredentialsOptions,
} from './resolver/secrets.js';
export type { MetricsRegistry } from './telemetry/metrics.js';
