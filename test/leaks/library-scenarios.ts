import { join } from 'node:path';
import {
  binaryPayload,
  createKeySet,
  createSecretsManagerRotation,
  createVerifier,
  documentPayload,
  isKeywardError,
  KeywardError,
  openRotations,
  openSecrets,
  openStore,
  parsePath,
  parseRef,
  plain,
  readDeployment,
  Secret,
  secret,
  textPayload,
} from '../../src/index.js';
import { bytesOf, calls, giving, type Library, type LibraryScenario, programOf } from './library.js';
import { redactionScenarios } from './redaction-scenarios.js';
import { canary } from './scenario.js';
import { storeScenarios } from './store-scenarios.js';

const withSecrets = (
  use: (secrets: Awaited<ReturnType<Library['secrets']>>, value: string) => unknown,
): LibraryScenario['call'] => {
  return async (library, value) => use(await library.secrets(), value);
};
const withHandle = (
  use: (handle: Awaited<ReturnType<typeof handleOf>>, value: string) => unknown,
): LibraryScenario['call'] => {
  return async (library, value) => use(await handleOf(library), value);
};
const handleOf = async (library: Library) => (await library.secrets()).handle('held/v1');
const withFields = (use: (handle: Awaited<ReturnType<typeof fieldsOf>>) => unknown): LibraryScenario['call'] => {
  return async (library) => use(await fieldsOf(library));
};
const fieldsOf = async (library: Library) => (await library.secrets()).handleAll('held/all');
const withCredentials = (
  use: (credentials: Awaited<ReturnType<typeof credentialsOf>>) => unknown,
): LibraryScenario['call'] => {
  return async (library) => use(await credentialsOf(library));
};
const credentialsOf = async (library: Library) => (await library.secrets()).credentials('binance');

const withRotations = (
  use: (rotations: Awaited<ReturnType<typeof openRotations>>, value: string) => unknown,
): LibraryScenario['call'] => {
  return async (library, value) => {
    const rotations = await openRotations(programOf(library));
    try {
      return await use(rotations, value);
    } finally {
      await rotations.close();
    }
  };
};

const refusing = () => ({
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    validate: (text: unknown) => ({ issues: [{ message: `not a number: ${text} ${JSON.stringify(text)}` }] }),
  },
});

/**
 * Every function that a program can call, and the ways in which it fails; a test holds the list complete. A value never
 * takes the place of a name or a path, since those are shown.
 */
export const libraryScenarios: Readonly<Record<string, readonly LibraryScenario[]>> = {
  KeywardError: calls((_, value) => new KeywardError('internal', 'it failed', { cause: Secret.fromText(value) })),
  Secret: calls((_, value) => Reflect.construct(Secret, [bytesOf(value), 'text', undefined])),
  readDeployment: calls(
    (library) => readDeployment(programOf(library)),
    (library, value) => readDeployment(programOf(library), { port: value }),
    (library) => readDeployment({ ...programOf(library), cwd: '/nowhere' }),
  ),
  binaryPayload: [...giving((_, value) => binaryPayload(bytesOf(value)))],
  documentPayload: [
    ...giving((_, value) => documentPayload([['field', value]])),
    ...calls(
      (_, value) => documentPayload([['field', `${value}\ud800`]]),
      (_, value) => documentPayload([['field', value.repeat(90_000)]]),
    ),
  ],
  isKeywardError: calls((_, value) => isKeywardError(new Error(value))),
  createSecretsManagerRotation: calls((_, value) => createSecretsManagerRotation({ rotator: { random: value } })),
  createKeySet: calls(
    withSecrets((secrets, value) => createKeySet(secrets, 'held', { grace: value, keys: {} })),
    withSecrets((secrets) => createKeySet(secrets, 'held', { grace: '1h', keys: { '../v1': {} } })),
    withSecrets((secrets) => createKeySet(secrets, 'no', { grace: '1h', keys: { such: {} } })),
    withSecrets(async (secrets, value) => {
      const set = await createKeySet(secrets, 'held', { grace: '1h', keys: { v1: { total: 1 } } });
      await set.validate(value);
      const answers = [await set.validate(`v1.${value}`), await set.validate(`v1.${value}`)];
      return [answers, set.usage()];
    }),
    withSecrets(async (secrets, value) =>
      (await createKeySet(secrets, 'held', { grace: '1h', keys: { v1: {} }, presented: 'value' })).validate(value),
    ),
  ),
  createVerifier: calls(
    async (library, value) => createVerifier(await library.secrets(), 'held/v1', { grace: value }),
    async (library) => createVerifier(await library.secrets(), 'no/such', { grace: '1h' }),
    async (library, value) =>
      (await createVerifier(await library.secrets(), 'held/v1', { grace: '1h' })).validate(value),
  ),
  openRotations: calls(
    (library) => openRotations({ ...programOf(library), cwd: '/nowhere' }),
    withRotations((rotations) => rotations.status('held/v1')),
    withRotations((rotations, value) => rotations.rotate('held/v1', Secret.fromText(value))),
    withRotations((rotations) => rotations.due()),
  ),
  openSecrets: calls(
    (library) => openSecrets({ ...programOf(library), cwd: '/nowhere' }),
    (library) => openSecrets({ ...programOf(library), config: 'missing.yaml' }),
    (library, value) => openSecrets({ ...programOf(library), environment: value }),
    (library, value) => openSecrets({ ...programOf(library), env: { ...library.env, KEYWARD_ENV: value } }),
  ),
  openStore: [
    ...calls(
      (library) => openStore({ env: library.env, path: 'nowhere' }),
      (library, value) => openStore({ env: { ...library.env, KEYWARD_PASSPHRASE: value } }),
    ),
    {
      files: { key: canary },
      call: ({ laptop, env }) => openStore({ env: { ...env, KEYWARD_KEY_FILE: join(laptop.project, 'key') } }),
    },
  ],
  parsePath: calls(
    () => parsePath('held/v1'),
    () => parsePath('//held'),
  ),
  parseRef: calls(
    () => parseRef('held/v1#value@1'),
    () => parseRef('held/v1@'),
  ),
  plain: calls(() => plain('held/v1', refusing())),
  secret: giving((_, value) => secret('held/v1', { default: value })),
  textPayload: [...giving((_, value) => textPayload(value)), ...calls((_, value) => textPayload(`${value}\ud800`))],

  'Secret.fromBytes': calls((_, value) => Secret.fromBytes(bytesOf(value))),
  'Secret.fromText': calls((_, value) => Secret.fromText(value)),
  'Secret.of': calls((_, value) => Secret.of(textPayload(value), { provider: 'test', ageMs: 0, degraded: false })),
  'secret.equals': calls((_, value) => Secret.fromText(value).equals(value)),
  'secret.expose': [
    ...giving((_, value) => Secret.fromText(value).expose()),
    ...calls((_, value) => Secret.of(binaryPayload(bytesOf(value))).expose()),
  ],
  'secret.exposeBytes': giving((_, value) => Secret.fromText(value).exposeBytes()),
  'secret.toJSON': calls((_, value) => Secret.fromText(value).toJSON()),
  'secret.toString': calls(
    (_, value) => Secret.fromText(value).toString(),
    (_, value) => `${Secret.fromText(value)}`,
    (_, value) => Object.assign(new Error('it failed'), { secret: Secret.fromText(value) }),
  ),

  'secrets.audit.apiCall': calls(
    withSecrets(async (secrets, value) => {
      await secrets.get('held/v1');
      secrets.audit.apiCall({
        service: 'exchange',
        endpoint: `/orders?key=${value}`,
        success: false,
        error: 'refused',
      });
    }),
    withSecrets(async (secrets, value) => {
      await secrets.getAll('held/all');
      secrets.audit.apiCall({ service: 'exchange', endpoint: '/orders', success: false, error: new Error(value) });
    }),
    withSecrets((secrets, value) =>
      secrets.audit.apiCall({ service: `${value} `, endpoint: `${value}\n`, success: false }),
    ),
  ),
  'secrets.audit.keyUse': calls(
    withSecrets((secrets) => secrets.audit.keyUse({ path: parsePath('held/v1'), answer: 'unknown' })),
  ),
  'secrets.close': calls(
    withSecrets((secrets) => secrets.close()),
    withSecrets(async (secrets) => {
      await secrets.getAll('held/all');
      await secrets.close();
      return secrets.get('held/v1');
    }),
  ),
  'secrets.config': calls(
    withSecrets((secrets) => secrets.config({ one: secret('held/v1'), deep: { two: secret('held/all#field2') } })),
    withSecrets((secrets, value) => secrets.config({ one: secret('held/nothing', { default: value }) })),
    withSecrets((secrets) => secrets.config({ one: secret('held/nothing'), port: plain('held/v2', refusing()) })),
    withSecrets((secrets) => secrets.config({ port: plain('held/v1', refusing()) })),
    withSecrets((secrets) => secrets.config({ port: plain('held/v9', refusing()), more: plain('held/v12') })),
  ),
  'secrets.credentials': calls(
    withSecrets((secrets) => secrets.credentials('binance')),
    withSecrets((secrets) => secrets.credentials('kraken')),
    withSecrets((secrets, value) => secrets.credentials('binance', { provider: value })),
  ),
  'secrets.expire': calls(
    withSecrets(async (secrets) => {
      await secrets.get('held/v1');
      const expire: unknown = Reflect.get(secrets, 'expire');
      return typeof expire === 'function' ? expire() : expire;
    }),
  ),
  'secrets.explain': calls(
    withSecrets((secrets) => secrets.explain('held/v1')),
    withSecrets((secrets) => secrets.explain('app/canary_1')),
  ),
  'secrets.get': calls(
    withSecrets((secrets) => secrets.get('held/v1')),
    withSecrets((secrets) => secrets.get('held/all/field3')),
    withSecrets((secrets) => secrets.get('held/v1@9')),
    withSecrets((secrets) => secrets.get('held/v1#nothing')),
    withSecrets((secrets, value) => secrets.get('held/nothing', { default: value })),
    withSecrets((secrets, value) => secrets.get('held/v1', { provider: value })),
    withSecrets((secrets) => secrets.get('held/v1', { signal: AbortSignal.abort() })),
  ),
  'secrets.getAll': calls(
    withSecrets((secrets) => secrets.getAll('held/all')),
    withSecrets((secrets) => secrets.getAll('held/v1')),
    withSecrets((secrets) => secrets.getAll('held/nothing')),
  ),
  'secrets.getMany': calls(withSecrets((secrets) => secrets.getMany(['held/v1', 'held/all', 'held/v3@9', 'held/no']))),
  'secrets.handle': calls(
    withSecrets((secrets) => secrets.handle('held/v1')),
    withSecrets((secrets) => secrets.handle('held/nothing')),
  ),
  'secrets.handleAll': calls(
    withSecrets((secrets) => secrets.handleAll('held/all')),
    withSecrets((secrets) => secrets.handleAll('held/v1')),
  ),
  'secrets.health': calls(withSecrets((secrets) => secrets.health())),
  'secrets.known': calls(
    withSecrets(async (secrets) => {
      await secrets.getAll('held/all');
      return [secrets.known(), secrets];
    }),
  ),
  'secrets.loadIntoEnv': calls(
    withSecrets((secrets) => secrets.loadIntoEnv({ into: {} })),
    withSecrets((secrets, value) => secrets.loadIntoEnv({ when: 'SWITCH', into: { SWITCH: value } })),
    withSecrets((secrets, value) => secrets.loadIntoEnv({ into: { CANARY_1: value }, names: ['CANARY_1', 'NONE'] })),
    withSecrets((secrets, value) => secrets.loadIntoEnv({ into: { CANARY_1: `keyward:// ${value}` } })),
  ),
  'secrets.managedRotation': calls(
    withSecrets((secrets) => secrets.managedRotation()),
    withSecrets((secrets, value) => secrets.managedRotation(value)),
  ),
  'secrets.ready': calls(withSecrets((secrets) => secrets.ready())),
  'secrets.refresh': calls(
    withSecrets((secrets) => secrets.refresh('held/v1')),
    withSecrets((secrets) => secrets.refresh()),
    withSecrets((secrets) => secrets.refresh('held/nothing')),
  ),
  'secrets.withCredentials': calls(
    withSecrets((secrets) => secrets.withCredentials('binance', (credentials) => credentials)),
    withSecrets((secrets) => secrets.withCredentials('kraken', () => undefined)),
    withSecrets((secrets) =>
      secrets.withCredentials('binance', () => Promise.reject(Object.assign(new Error('no'), { status: 401 }))),
    ),
  ),
  'handle.close': calls(withHandle((handle) => handle.close())),
  'handle.current': calls(
    withHandle((handle) => handle.current()),
    withHandle((handle) => {
      handle.close();
      return handle.current();
    }),
  ),
  'handle.onChange': calls(withHandle((handle) => handle.onChange(() => {}))),
  'handle.onError': calls(withHandle((handle) => handle.onError(() => {}))),
  'fieldsHandle.close': calls(withFields((handle) => handle.close())),
  'fieldsHandle.current': calls(
    withFields((handle) => handle.current()),
    withFields((handle) => {
      handle.close();
      return handle.current();
    }),
  ),
  'fieldsHandle.onChange': calls(withFields((handle) => handle.onChange(() => {}))),
  'fieldsHandle.onError': calls(withFields((handle) => handle.onError(() => {}))),
  'credentials.expose': giving(withCredentials((credentials) => credentials.expose('ccxt'))),
  'credentials.toJSON': calls(withCredentials(JSON.stringify)),
  'credentials.toString': calls(
    withCredentials(String),
    withCredentials((credentials) => [credentials, credentials.fields, credentials.apiKey]),
    withCredentials((credentials) => credentials.passphrase),
  ),

  ...storeScenarios,
  ...redactionScenarios,
};
