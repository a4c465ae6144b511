import { defineTarget } from '../manifest.js';
import { accountOptions, awsResources } from './aws-resources.js';

const actions = {
  secretsmanager: {
    read: ['DescribeSecret', 'GetSecretValue'],
    rotate: ['DescribeSecret', 'GetSecretValue', 'ListSecretVersionIds', 'PutSecretValue', 'UpdateSecretVersionStage'],
  },
  ssm: {
    read: ['GetParameter', 'GetParameters'],
    rotate: ['GetParameter', 'GetParameters', 'PutParameter'],
  },
} as const;

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html */
export default defineTarget({
  summary: 'a policy of AWS IAM: exactly the secrets and parameters of the inventory',
  options: {
    ...accountOptions,
    access: {
      value: '<which>',
      description: 'read: for the program; rotate: also new versions',
      default: 'read',
      choices: ['read', 'rotate'],
    },
    key: { value: '<arn>', description: 'of a KMS key of your own that encrypts them' },
  },
  render(deployment, options) {
    const { access, key } = options;
    const { region, resources } = awsResources(deployment, options);
    const statements = (['secretsmanager', 'ssm'] as const).flatMap((service) => {
      const own = resources.filter((resource) => resource.service === service);
      if (own.length === 0) return [];
      const words = actions[service][access === 'rotate' ? 'rotate' : 'read'];
      return [
        {
          Sid: service === 'ssm' ? 'Parameters' : 'Secrets',
          Effect: 'Allow',
          Action: words.map((action) => `${service}:${action}`),
          // The service adds a dash and six characters to the name of a secret.
          Resource: [...new Set(own.map(({ arn }) => (service === 'ssm' ? arn : `${arn}-??????`)))],
        },
      ];
    });
    // Takes no names, and gives only what the statement before allows.
    const batch = { Sid: 'Batch', Effect: 'Allow', Action: 'secretsmanager:BatchGetSecretValue', Resource: '*' };
    const isBatched = resources.some(({ service }) => service === 'secretsmanager');
    const services = new Set(resources.map(({ service }) => `${service}.${region}.amazonaws.com`));
    const decrypt = {
      Sid: 'Key',
      Effect: 'Allow',
      Action: access === 'rotate' ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt'],
      Resource: key,
      Condition: { StringEquals: { 'kms:ViaService': [...services] } },
    };
    const policy = {
      Version: '2012-10-17',
      Statement: [...statements, ...(isBatched ? [batch] : []), ...(key === undefined ? [] : [decrypt])],
    };
    const name = access === 'read' ? deployment.app.name : `${deployment.app.name}-${access}`;
    const path = `${name}-policy.json`;
    return [
      {
        path,
        text: `${JSON.stringify(policy, null, 2)}\n`,
        next: `aws iam create-policy --policy-name ${name} --policy-document file://${path}`,
      },
    ];
  },
});
