import { describe, expect, test } from 'vitest';
import { awsOrigin, awsPlace } from './aws-settings.js';

const keys = (id: string) => ({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: 'canary-of-the-secret-access-key' });
const temporary = (rest: string) => `ASIA${rest}`;
const lasting = (rest: string) => `AKIA${rest}`;
const originIn = (env: Readonly<Record<string, string>>) =>
  awsOrigin(awsPlace({ region: 'us-east-1' }, env, 'SECRETS_MANAGER'), env, 'app');

describe('what the answers of AWS are kept under', () => {
  test('names the account of the keys in the environment, whichever of its keys they are', () => {
    expect(originIn(keys(temporary('Y34FZKBOKMUTVV7A')))).toContain('609629065308');
    expect(originIn(keys(temporary('QNZGKIQY56JQ7WML')))).toContain('29608264753');
    const [one, other] = [lasting('Y34FZKBOKAAAAAAA'), temporary('Y34FZKBOKMUTVV7A')].map((id) => originIn(keys(id)));
    expect(one).toBe(other);
  });

  test('differs between keys that do not tell their account', () => {
    const ids = [
      lasting('IOSFODNN7EXAMPLE'),
      lasting('JOSFODNN7EXAMPLE'),
      'x',
      lasting('Y34FZKBOKMUTVV7'),
      temporary('Y34FZKBOKMUTVV7A'),
    ];
    expect(new Set(ids.map((id) => originIn(keys(id)))).size).toBe(ids.length);
  });

  test('differs between roles, profiles and files of them', () => {
    const environments = [
      {},
      { AWS_ROLE_ARN: 'arn:aws:iam::111111111111:role/app' },
      { AWS_ROLE_ARN: 'arn:aws:iam::222222222222:role/app' },
      { AWS_PROFILE: 'one' },
      { AWS_PROFILE: 'two' },
      { AWS_PROFILE: 'two', AWS_CONFIG_FILE: '/etc/aws/config' },
      { AWS_PROFILE: 'two', AWS_SHARED_CREDENTIALS_FILE: '/etc/aws/config' },
    ];
    expect(new Set(environments.map(originIn)).size).toBe(environments.length);
  });

  test('names the account of the keys that a program hands over, and nothing is kept under those of its functions', () => {
    const place = awsPlace({}, keys('x'), 'SSM');
    const given = { accessKeyId: temporary('Y34FZKBOKMUTVV7A'), secretAccessKey: 'x' };
    expect(awsOrigin({ ...place, signer: given }, keys('x'), 'app')).toContain('609629065308');
    expect(awsOrigin({ ...place, signer: async () => given }, keys('x'), 'app')).toBeUndefined();
  });

  test('leaves out keys that a profile stands above, and every secret', () => {
    const profile = { AWS_PROFILE: 'one' };
    expect(originIn({ ...profile, ...keys(temporary('Y34FZKBOKMUTVV7A')) })).toBe(originIn(profile));
    expect(originIn(keys(temporary('Y34FZKBOKMUTVV7A')))).not.toContain('canary');
  });
});
