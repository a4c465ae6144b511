import { isRefusal } from '../../clients/aws/aws-failure.js';
import type { Tag } from '../../clients/aws/secret-value.js';
import type { NewValue, SecretsApi } from '../../clients/aws/secrets-api.js';
import { currentLabel, idWith, writingLabel } from '../../clients/aws/stages.js';
import { KeywardError } from '../../core/errors.js';

export interface ValueWrite extends NewValue {
  /** Of the store, for messages. */
  readonly store: string;
  readonly name: string;
  /** The id of the version that must be the current one, 0 for no secret; absent writes unconditionally. */
  readonly ifVersion: string | 0 | undefined;
  /** Set when the secret is made. */
  readonly tags: readonly Tag[];
  readonly signal: AbortSignal | undefined;
}

/** What the service appends to names in its ARNs: a name that ends like this can be found as another's. */
const randomSuffix = /-[A-Za-z0-9]{6}$/;

/** Writes the value as the current version. Answers whether the secret was made by it. @throws KeywardError `conflict` */
export async function writeValue(service: SecretsApi, write: ValueWrite): Promise<'made' | 'changed'> {
  const { name, ifVersion, signal } = write;
  if (ifVersion === undefined) {
    const labels = await service.put(name, write, undefined, signal);
    return labels === undefined ? makeSecret(service, write) : 'changed';
  }
  if (ifVersion !== 0) return replaceValue(service, write, ifVersion);
  try {
    return await makeSecret(service, write);
  } catch (error) {
    if (!isRefusal(error, 'ResourceExistsException') || (await currentId(service, write)) !== undefined) throw error;
    // Made without a value, by a tool that manages what there is but not what it holds.
    return replaceValue(service, write, undefined);
  }
}

async function makeSecret(service: SecretsApi, write: ValueWrite): Promise<'made'> {
  const { store, name, tags, signal } = write;
  if (randomSuffix.test(name)) {
    throw new KeywardError('invalid', `${store} would find ${name} as another secret: it ends like an ARN`, {
      store,
      advice: 'Choose a name that does not end in a dash and six letters or digits.',
    });
  }
  await service.create(name, write, tags, signal);
  return 'made';
}

/**
 * Check-and-set: the service moves a label only from the version that is named. The value is put beside the current one
 * first; who is killed between the two steps has changed nothing that is read.
 */
async function replaceValue(service: SecretsApi, write: ValueWrite, expected: string | undefined): Promise<'changed'> {
  const { store, name, token, signal } = write;
  const labels = await service.put(name, write, writingLabel, signal);
  if (labels === undefined) throw new KeywardError('conflict', `${store} does not hold ${name} any more`, { store });
  // The first version of a secret is the current one, whatever label it was put with.
  if (labels.includes(currentLabel)) return 'changed';
  try {
    if (expected !== undefined) {
      await service.moveLabel(name, currentLabel, { to: token, from: expected }, signal);
      return 'changed';
    }
  } catch (error) {
    if (!isRefusal(error, 'InvalidParameterException', 'InvalidRequestException', 'ResourceNotFoundException')) {
      throw error;
    }
    const current = await currentId(service, write);
    if (current === token) return 'changed';
    if (current === expected) throw error;
  }
  // Without a label the service lets go of it by itself.
  await service.moveLabel(name, writingLabel, { from: token }, signal).catch(() => undefined);
  throw new KeywardError('conflict', `${store} holds another version of ${name} than the one that was expected`, {
    store,
  });
}

async function currentId(service: SecretsApi, { name, signal }: ValueWrite): Promise<string | undefined> {
  return idWith(currentLabel, (await service.describe(name, signal))?.VersionIdsToStages);
}
