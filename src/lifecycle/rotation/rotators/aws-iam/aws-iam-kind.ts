import { defineRotatorKind } from '../rotator-kind.js';

export const awsIamRotatorKind = defineRotatorKind({
  options: { user: 'text', administrator: 'secret', region: 'address', endpoint: 'address' },
  hasOneValue: () => false,
  *problems({ user, administrator }, path) {
    if (user === undefined || !/^[\w+=,.@-]{1,64}$/.test(user)) yield '`user` is the name of a user of IAM';
    if (administrator === path) yield 'the `administrator` is another secret';
  },
  async create({ user = '', ...options }, context) {
    const { createAwsIamRotator } = await import('./aws-iam.js');
    return createAwsIamRotator({ ...options, ...context, user });
  },
});
