import { type AwsMeanings, askAws, commonAwsErrors, isRefusal } from '../../../../clients/aws/aws-failure.js';
import { awsClientConfig, awsPlace, withoutWarning } from '../../../../clients/aws/aws-settings.js';
import { type Clock, sleep } from '../../../../core/clock.js';
import { isKeywardError, KeywardError } from '../../../../core/errors.js';
import type { KeyIdentity } from '../../../../core/identity.js';
import { importOptional } from '../../../../core/import-optional.js';
import { Secret } from '../../../../core/secret.js';
import type { Credential, Rotator } from '../rotator.js';
import type { RotatorContext } from '../rotator-kind.js';

export interface AwsIamOptions extends Pick<RotatorContext, 'env' | 'clock' | 'fieldsOf'> {
  readonly path: string;
  /** Whose access keys they are. */
  readonly user: string;
  /** Path of the secret with `access_key_id` and `secret_access_key` of who makes keys; without, whom the environment says. */
  readonly administrator?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
}

const idField = 'access_key_id';
const keyField = 'secret_access_key';
/** The tag that says which keys there were before a new one was asked for. */
const markKey = 'keyward:keys-before';
/** IAM lets a user have no more. */
const mostKeys = 2;
/** How long a new key may be unknown in some places, and the pause between two looks. */
const spreadMs = 60_000;
const pauseMs = 1_000;
const errors: AwsMeanings['errors'] = new Map([
  ...commonAwsErrors,
  ['NoSuchEntity', 'not_found'],
  ['NoSuchEntityException', 'not_found'],
  ['LimitExceeded', 'conflict'],
  ['LimitExceededException', 'conflict'],
  ['Throttling', 'throttled'],
  ['ServiceFailure', 'unavailable'],
]);

/**
 * Access keys of a user of IAM, who may have two: `access_key_id` and `secret_access_key`. IAM makes them, and accepts a
 * new one everywhere within seconds; until then nobody gets it. Which keys there were before is noted in a tag of the user,
 * so that one that was made before a crash, and not written down, is known and taken away.
 */
export function createAwsIamRotator(options: AwsIamOptions): Rotator {
  const { user, administrator, path, fieldsOf, clock } = options;
  const calls = new AwsCalls(options);
  const asAdministrator = async () =>
    calls.iam(
      administrator === undefined
        ? undefined
        : identityOf(new Map(Object.entries(await fieldsOf(administrator))), administrator),
    );
  const idOf = (credential: Credential): string => identityOf(credential, path).accessKeyId;

  return {
    kind: 'overlap',
    hasTarget: true,
    async generate(current) {
      const iam = await asAdministrator();
      const before = await iam.listKeys(user);
      const marked = await iam.mark(user);
      const kept = current === undefined ? [] : [idOf(current)];
      const lost = before.filter((id) => marked !== undefined && !marked.includes(id) && !kept.includes(id));
      for (const id of lost) await iam.deleteKey(user, id);
      const left = before.filter((id) => !lost.includes(id));
      if (left.length >= mostKeys) {
        throw new KeywardError('conflict', `${path}: ${user} has two access keys already, and can have no third`, {
          path,
          advice: `See which is not used (aws iam list-access-keys --user-name ${user}, then get-access-key-last-used), and delete it.`,
        });
      }
      await iam.setMark(user, left);
      return iam.createKey(user);
    },
    async set({ to }) {
      const iam = await asAdministrator();
      await iam.activateKey(user, idOf(to));
      await iam.removeMark(user);
      await accepted(() => calls.whoIs(identityOf(to, path)), clock);
    },
    test: (credential) => calls.whoIs(identityOf(credential, path)),
    async revoke(credential) {
      const iam = await asAdministrator();
      await iam.deleteKey(user, idOf(credential));
      await iam.removeMark(user);
    },
  };
}

/** @throws KeywardError `config` for one that lacks a field. */
function identityOf(credential: Credential, path: string): KeyIdentity {
  const [id, key] = [credential.get(idField), credential.get(keyField)];
  if (id !== undefined && key !== undefined) return { accessKeyId: id.expose(), secretAccessKey: key.expose() };
  throw new KeywardError('config', `${path} has not both of ${idField} and ${keyField}`, {
    path,
    advice: `Store them with: keyward set ${path}`,
  });
}

/** @throws KeywardError as `look`, and `unauthenticated` when it has refused for the whole time. */
async function accepted(look: () => Promise<void>, clock: Clock): Promise<void> {
  const until = clock.monotonic() + spreadMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (!isKeywardError(error, 'unauthenticated') || clock.monotonic() >= until) throw error;
    }
    await sleep(clock, pauseMs);
  }
}

/** The calls of IAM and STS that a rotation takes. */
class AwsCalls {
  readonly #options: AwsIamOptions;
  readonly #meanings: AwsMeanings;

  constructor(options: AwsIamOptions) {
    this.#options = options;
    this.#meanings = { store: `rotating ${options.path}`, errors };
  }

  async iam(identity: KeyIdentity | undefined) {
    const sdk = await importOptional(
      '@aws-sdk/client-iam',
      'rotating access keys',
      () => import('@aws-sdk/client-iam'),
    );
    const client = withoutWarning(() => new sdk.IAMClient(this.#config('IAM', identity)));
    const ask = <T>(action: string, send: (to: typeof client) => Promise<T>) =>
      askAws(this.#meanings, { action, on: this.#options.user, signal: undefined }, () => send(client));
    const change = async (action: string, send: (to: typeof client) => Promise<unknown>) => {
      try {
        await ask(action, send);
      } catch (error) {
        if (!isRefusal(error, 'NoSuchEntity', 'NoSuchEntityException')) throw error;
      }
    };
    return {
      listKeys: async (UserName: string): Promise<readonly string[]> => {
        const command = new sdk.ListAccessKeysCommand({ UserName });
        const { AccessKeyMetadata = [] } = await ask('iam:ListAccessKeys', (to) => to.send(command));
        return AccessKeyMetadata.flatMap(({ AccessKeyId }) => AccessKeyId ?? []);
      },
      mark: async (UserName: string): Promise<readonly string[] | undefined> => {
        const { Tags = [] } = await ask('iam:ListUserTags', (to) => to.send(new sdk.ListUserTagsCommand({ UserName })));
        return Tags.find(({ Key }) => Key === markKey)?.Value?.split(' ');
      },
      setMark: (UserName: string, ids: readonly string[]) => {
        const command = new sdk.TagUserCommand({ UserName, Tags: [{ Key: markKey, Value: ids.join(' ') }] });
        return ask('iam:TagUser', (to) => to.send(command));
      },
      removeMark: (UserName: string) =>
        ask('iam:UntagUser', (to) => to.send(new sdk.UntagUserCommand({ UserName, TagKeys: [markKey] }))),
      createKey: async (UserName: string): Promise<Credential> => {
        const { AccessKey = {} } = await ask('iam:CreateAccessKey', (to) =>
          to.send(new sdk.CreateAccessKeyCommand({ UserName })),
        );
        const { AccessKeyId, SecretAccessKey } = { AccessKeyId: undefined, SecretAccessKey: undefined, ...AccessKey };
        if (!AccessKeyId || !SecretAccessKey)
          throw new KeywardError('unavailable', `${this.#meanings.store}: IAM gave no key`);
        return new Map([
          [idField, Secret.fromText(AccessKeyId)],
          [keyField, Secret.fromText(SecretAccessKey)],
        ]);
      },
      activateKey: (UserName: string, AccessKeyId: string) =>
        ask('iam:UpdateAccessKey', (to) =>
          to.send(new sdk.UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Active' })),
        ),
      deleteKey: async (UserName: string, AccessKeyId: string) => {
        const inactive = new sdk.UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' });
        await change('iam:UpdateAccessKey', (to) => to.send(inactive));
        await change('iam:DeleteAccessKey', (to) => to.send(new sdk.DeleteAccessKeyCommand({ UserName, AccessKeyId })));
      },
    };
  }

  /** @throws KeywardError `unauthenticated` for a key that AWS does not accept. */
  async whoIs(identity: KeyIdentity): Promise<void> {
    const sdk = await importOptional(
      '@aws-sdk/client-sts',
      'rotating access keys',
      () => import('@aws-sdk/client-sts'),
    );
    const client = withoutWarning(() => new sdk.STSClient(this.#config('STS', identity)));
    await askAws(this.#meanings, { action: 'sts:GetCallerIdentity', on: this.#options.user, signal: undefined }, () =>
      client.send(new sdk.GetCallerIdentityCommand({})),
    );
  }

  #config(service: string, identity: KeyIdentity | undefined) {
    const { region = 'us-east-1', endpoint, env } = this.#options;
    const place = awsPlace({ region, endpoint }, env, service, identity);
    return awsClientConfig(place, identity === undefined ? env : {}, this.#meanings.store);
  }
}
