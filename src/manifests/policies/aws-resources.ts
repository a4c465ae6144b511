import type { Deployment } from '../../core/deployment.js';
import { KeywardError } from '../../core/errors.js';
import type { ManifestOptions, OptionValues } from '../manifest.js';
import { common } from '../places-of-kind.js';

export const accountOptions = {
  account: { value: '<number>', description: 'of AWS, twelve digits', isRequired: true },
  region: { value: '<region>', description: 'when the link does not say it' },
  partition: { value: '<name>', description: 'aws-cn in China', default: 'aws' },
} as const satisfies ManifestOptions;

/** A secret or parameter by its resource name. */
export interface AwsResource {
  readonly service: 'secretsmanager' | 'ssm';
  readonly path: string;
  readonly name: string;
  /** Of a secret, without the six characters that the service adds. */
  readonly arn: string;
}

/**
 * Every place of the deployment in Secrets Manager and Parameter Store, in its order.
 *
 * @throws KeywardError `config` when there is none, or when the region is not known; `invalid` for an account that is none.
 */
export function awsResources(
  { secrets }: Deployment,
  { account, region, partition }: OptionValues<typeof accountOptions>,
): { readonly region: string; readonly resources: readonly AwsResource[] } {
  if (!/^\d{12}$/.test(account)) {
    throw new KeywardError('invalid', 'an account of AWS has twelve digits', {
      advice: 'See: aws sts get-caller-identity',
    });
  }
  const found = secrets.flatMap(({ path, places }) => places.map(({ place }) => ({ path, place })));
  const own = found.flatMap(({ path, place }) =>
    place.kind === 'aws' || place.kind === 'ssm' ? [{ path, place }] : [],
  );
  if (own.length === 0) {
    throw new KeywardError('config', 'no secret of the inventory lies in a link of the kind aws or ssm', {
      advice: 'Add the link to `providers:` and the secrets to `secrets:` in keyward.yaml.',
    });
  }
  const stated = own.map(({ place }) => place.region);
  const regionOf = (own: string | undefined) => own ?? region ?? common('region', region, stated);
  const resources = own.map(({ path, place: { kind, region, name } }): AwsResource => {
    const service = kind === 'aws' ? 'secretsmanager' : 'ssm';
    const resource = kind === 'aws' ? `secret:${name}` : `parameter${name}`;
    return { service, path, name, arn: `arn:${partition}:${service}:${regionOf(region)}:${account}:${resource}` };
  });
  return { region: regionOf(stated[0]), resources };
}
