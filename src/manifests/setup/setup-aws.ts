import { defineTarget } from '../manifest.js';
import { accountOptions, awsResources } from '../policies/aws-resources.js';
import { shellWord } from '../shell-word.js';
import { setupScript } from './setup-script.js';

/** https://docs.aws.amazon.com/cli/latest/reference/iam/ */
export default defineTarget({
  summary: 'a script that sets up AWS: the role of the program and its policy',
  options: {
    ...accountOptions,
    service: { value: '<host>', description: 'that takes the role', default: 'ecs-tasks.amazonaws.com' },
  },
  render(deployment, options) {
    const { name } = deployment.app;
    awsResources(deployment, options);
    const trust = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: options.service },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'aws:SourceAccount': options.account } },
        },
      ],
    };
    return setupScript('aws', [
      `[ "$(aws sts get-caller-identity --query Account --output text)" = ${shellWord(options.account)} ]`,
      `aws iam get-role --role-name ${name}-task >/dev/null 2>&1 ||`,
      `  aws iam create-role --role-name ${name}-task --assume-role-policy-document ${shellWord(JSON.stringify(trust))}`,
      `# The policy is made by: keyward manifest aws-iam`,
      `aws iam put-role-policy --role-name ${name}-task --policy-name ${name}-secrets --policy-document file://${name}-policy.json`,
    ]);
  },
});
