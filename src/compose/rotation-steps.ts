import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { awsPlace } from '../clients/aws/aws-settings.js';
import { payloadOfValue, secretValueOf } from '../clients/aws/secret-value.js';
import { SecretsApi, type Which } from '../clients/aws/secrets-api.js';
import { currentLabel, idWith, pendingLabel, previousLabel } from '../clients/aws/stages.js';
import type { RecordsClient } from '../core/client.js';
import type { Clock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import { type Path, parsePath } from '../core/path.js';
import { type Payload, valueField } from '../core/payload.js';
import type { RotatorSettings } from '../core/rotator-settings.js';
import type { Secret } from '../core/secret.js';
import { allOf, credentialIn, withCredential } from '../lifecycle/rotation/credential.js';
import { isRefusal } from '../lifecycle/rotation/refusals.js';
import { RotationLog } from '../lifecycle/rotation/rotation-log.js';
import type { Credential, Rotator } from '../lifecycle/rotation/rotators/rotator.js';
import type { RotatorContext } from '../lifecycle/rotation/rotators/rotator-kind.js';
import { describeIssues } from './config-issues.js';
import { rotatorIssues } from './rotator-issues.js';
import { rotatorKinds } from './rotator-registry.js';
import { rotatorKeys, rotatorSchema } from './rotator-schema.js';

/** What Secrets Manager hands to a function that rotates. */
export interface SecretsManagerEvent {
  readonly Step: string;
  /** ARN or name of the secret. */
  readonly SecretId: string;
  /** The id that the new version has. */
  readonly ClientRequestToken: string;
}

export interface SecretsManagerRotationOptions {
  /** As `rotator:` of a secret in keyward.yaml: `{ redis: { servers: ['cache:6379'], user: 'bot' } }`. */
  readonly rotator: Readonly<Record<string, unknown>>;
  /** The fields of another secret that the rotator needs; the one of this name in Secrets Manager when absent. */
  readonly fieldsOf?: ((name: string) => Promise<Readonly<Record<string, Secret>>>) | undefined;
  /** Of Secrets Manager; found as the SDK does when absent. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** `process.env` when absent. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly clock?: Clock | undefined;
}

type StepOptions = SecretsManagerRotationOptions & Pick<RotatorContext, 'env' | 'clock'>;

/** A rotation that the service has begun. */
interface Rotation {
  readonly service: SecretsApi;
  readonly path: Path;
  readonly rotator: Rotator;
  /** What is rotated of a value. */
  readonly credentialOf: (payload: Payload) => Credential;
  /** The version that is made. */
  readonly token: string;
  readonly currentId: string;
  readonly found: DescribeSecretCommandOutput;
}

const store = 'AWS Secrets Manager';
/**
 * Stands at the version that a rotation made, until what it replaced is taken back: then a value that somebody put in by
 * hand, beside which the former one may be the same, is never a reason to take anything back.
 */
const rotatedLabel = 'keyward-rotated';

const steps: ReadonlyMap<unknown, (rotation: Rotation) => Promise<void>> = new Map([
  ['createSecret', createPending],
  ['setSecret', setPending],
  ['testSecret', testPending],
  ['finishSecret', finish],
]);

/** @throws KeywardError `config` */
export function createRotationSteps(options: StepOptions): (event: SecretsManagerEvent) => Promise<void> {
  const settings = settingsOf(options.rotator);
  const { endpoint, region, env } = options;
  return async ({ Step, SecretId, ClientRequestToken: token }) => {
    const step = steps.get(Step);
    if (step === undefined || typeof SecretId !== 'string' || typeof token !== 'string') {
      throw new KeywardError('invalid', 'the event is none of a rotation of AWS Secrets Manager', { store });
    }
    const path = parsePath(nameOf(SecretId));
    const problems = rotatorIssues({ secrets: { [path]: { rotator: settings } } });
    if (problems.length > 0) throw configError(problems.map(({ problem }) => problem));
    const service = await SecretsApi.connect(store, awsPlace({ endpoint, region }, env, 'SECRETS_MANAGER'), env);
    try {
      const found = await service.describe(path, undefined);
      if (found === undefined) throw new KeywardError('not_found', `${store} does not hold ${path}`, { store, path });
      // Two secrets can have had the same name.
      if (SecretId !== path && found.ARN !== SecretId) throw refused(path, 'is another secret than the event names');
      const currentId = currentToRotate(path, token, found);
      if (currentId === undefined) return;
      const rotator = await rotatorOf(settings, path, service, options);
      const isOne = rotatorKinds.get(settings.driver)?.hasOneValue(settings.options) === true;
      const { field = valueField } = settings;
      const credentialOf = (payload: Payload) => (isOne ? credentialIn(payload, [field]) : allOf(payload));
      await step({ service, path, rotator, credentialOf, token, currentId, found });
    } finally {
      service.close();
    }
  };
}

/** The id of the current version; `undefined` when it is the new one already. @throws KeywardError `conflict` */
function currentToRotate(path: Path, token: string, found: DescribeSecretCommandOutput): string | undefined {
  if (found.RotationEnabled !== true) throw refused(path, 'has its rotation switched off');
  const labels = new Map(Object.entries(found.VersionIdsToStages ?? {})).get(token);
  if (labels === undefined) throw refused(path, 'has no version of this token');
  if (labels.includes(currentLabel)) return undefined;
  if (!labels.includes(pendingLabel)) throw refused(path, `has a version of this token that is not ${pendingLabel}`);
  const currentId = idWith(currentLabel, found.VersionIdsToStages);
  if (currentId === undefined) throw refused(path, 'has no current value to rotate');
  return currentId;
}

async function createPending(rotation: Rotation): Promise<void> {
  const { service, path, rotator, token } = rotation;
  if ((await read(rotation, { VersionId: token })) !== undefined) return;
  await takeBackGivenUp(rotation);
  await takeBackFormer(rotation);
  const current = await readCurrent(rotation);
  const pending = await rotator.generate(allOf(current));
  const from = credentialIn(current, pending.keys());
  const payload = withCredential(current, pending);
  // Nothing is built upon a value that does not work.
  if (rotator.hasTarget && from.size > 0) await rotator.test(from);
  const value = secretValueOf(payload, store);
  await service.put(path, { value, token }, [pendingLabel, rotatedLabel], undefined);
}

/**
 * What a rotation made that was given up: whoever did that took the label of the pending version away. Where the current
 * one is no older, somebody put it in by hand since, and it can hold the same.
 */
async function takeBackGivenUp(rotation: Rotation): Promise<void> {
  const { service, path, rotator, credentialOf, token, currentId, found } = rotation;
  const labels = found.VersionIdsToStages;
  const madeId = idWith(rotatedLabel, labels);
  if (madeId === undefined || [token, currentId, idWith(previousLabel, labels)].includes(madeId)) return;
  const made = await find(rotation, { VersionId: madeId });
  const current = await find(rotation, { VersionId: currentId });
  if (rotator.hasTarget && made && current && current.createdMs < made.createdMs) {
    const [givenUp, inForce] = [credentialOf(made.payload), credentialOf(current.payload)];
    if (rotator.kind === 'swap' && !(await works(rotator, inForce))) await rotator.set({ from: givenUp, to: inForce });
    await rotator.test(inForce);
    if (rotator.kind === 'overlap') await rotator.revoke(givenUp, inForce);
  }
  await service.moveLabel(path, rotatedLabel, { from: madeId }, undefined);
}

async function works(rotator: Rotator, credential: Credential): Promise<boolean> {
  try {
    await rotator.test(credential);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** Every consumer has had an interval to learn of the current value. */
async function takeBackFormer(rotation: Rotation): Promise<void> {
  const { service, path, rotator, credentialOf, currentId, found } = rotation;
  const formerId = idWith(previousLabel, found.VersionIdsToStages);
  const isOurs = idWith(rotatedLabel, found.VersionIdsToStages) === currentId;
  if (rotator.kind !== 'overlap' || !rotator.hasTarget || !isOurs || formerId === undefined) return;
  const former = await read(rotation, { VersionId: formerId });
  if (former !== undefined) {
    const inForce = credentialOf(await readCurrent(rotation));
    await rotator.test(inForce);
    await rotator.revoke(credentialOf(former), inForce);
  }
  // What is generated next must not be taken for what a repeated step has to take back.
  await service.moveLabel(path, rotatedLabel, { from: currentId }, undefined);
}

async function setPending(rotation: Rotation): Promise<void> {
  const { rotator, credentialOf } = rotation;
  const to = await readPending(rotation);
  const current = credentialOf(await readCurrent(rotation));
  const from = current.size === 0 ? undefined : current;
  // A swap that was interrupted has a target that takes the one here and the other there.
  if (rotator.kind === 'overlap' && from !== undefined) await rotator.test(from);
  await rotator.set({ from, to });
}

async function testPending(rotation: Rotation): Promise<void> {
  await rotation.rotator.test(await readPending(rotation));
}

async function finish(rotation: Rotation): Promise<void> {
  const { service, path, token, currentId } = rotation;
  // Nothing becomes current that does not work, whatever was asked before.
  await testPending(rotation);
  await service.moveLabel(path, currentLabel, { to: token, from: currentId }, undefined);
}

interface Found {
  readonly payload: Payload;
  readonly createdMs: number;
}

async function find({ service, path }: Pick<Rotation, 'service' | 'path'>, which: Which): Promise<Found | undefined> {
  const found = await service.get(path, which, undefined);
  if (found === undefined) return undefined;
  const [payload, createdMs] = [payloadOfValue(found), found.CreatedDate?.getTime()];
  if (payload === undefined || createdMs === undefined) throw service.malformed('GetSecretValue', path);
  return { payload, createdMs };
}

async function read(at: Pick<Rotation, 'service' | 'path'>, which: Which): Promise<Payload | undefined> {
  return (await find(at, which))?.payload;
}

async function readCurrent(rotation: Rotation): Promise<Payload> {
  const payload = await read(rotation, { VersionId: rotation.currentId });
  if (payload === undefined) throw refused(rotation.path, 'has no current value to rotate');
  return payload;
}

async function readPending(rotation: Rotation): Promise<Credential> {
  const payload = await read(rotation, { VersionId: rotation.token });
  if (payload === undefined) throw refused(rotation.path, 'has no new value yet: createSecret comes first');
  return rotation.credentialOf(payload);
}

async function rotatorOf(settings: RotatorSettings, path: Path, service: SecretsApi, given: StepOptions) {
  const { clock, env } = given;
  const fieldsOfOther = async (name: string) => {
    const payload = await read({ service, path: parsePath(name) }, { VersionStage: currentLabel });
    if (payload === undefined) throw new KeywardError('not_found', `${store} does not hold ${name}`, { store });
    return Object.fromEntries(allOf(payload));
  };
  const rotator = await rotatorKinds.get(settings.driver)?.create(settings.options, {
    path,
    field: settings.field ?? valueField,
    folder: process.cwd(),
    env,
    clock,
    fields: undefined,
    environment: 'production',
    log: new RotationLog({ records: noRecords, clock, by: store }, path),
    entered: undefined,
    isStaged: withoutStore,
    fieldsOf: given.fieldsOf ?? fieldsOfOther,
  });
  if (rotator === undefined || rotator.kind === 'verifier') {
    throw configError(['a `verifier` needs a grace before its value is used, and a function has none']);
  }
  return rotator;
}

const withoutStore = () => Promise.reject(new KeywardError('unsupported', `${store} keeps no log of rotations`));
const noRecords: RecordsClient = { get: withoutStore, put: withoutStore, remove: withoutStore, list: withoutStore };

function settingsOf(rotator: unknown): RotatorSettings {
  const parsed = v.safeParse(rotatorSchema, rotator);
  if (!parsed.success) {
    const issues = describeIssues(parsed.issues, ([driver]) => rotatorKeys(driver?.toString()));
    throw configError(issues.map(({ keyPath, problem }) => `${keyPath.join('.')}: ${problem}`));
  }
  if (parsed.output.driver === 'guided') throw configError(['`guided` is done by people, and a function has none']);
  return parsed.output;
}

function configError(problems: readonly string[]): KeywardError {
  return new KeywardError('config', `the rotator of the function is wrong: ${problems.join('; ')}`, {
    advice: 'Write it as `rotator:` in keyward.yaml (docs/guide/rotation.md).',
  });
}

/** The name in an ARN, which ends in a dash and six characters of the service's own. */
function nameOf(id: string): string {
  return /^arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:(.+)-[A-Za-z0-9]{6}$/.exec(id)?.[1] ?? id;
}

function refused(path: Path, why: string): KeywardError {
  return new KeywardError('conflict', `${path} ${why}; nothing was rotated`, {
    store,
    path,
    advice: `See: aws secretsmanager describe-secret --secret-id ${path}`,
  });
}
