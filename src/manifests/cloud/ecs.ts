import { imageOf } from '../delivered-values.js';
import { defineTarget } from '../manifest.js';
import { leftOut } from '../places-of-kind.js';
import { accountOptions, awsResources } from '../policies/aws-resources.js';

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html */
export default defineTarget({
  summary: 'a task definition of AWS ECS, its secrets from Secrets Manager and Parameter Store',
  options: {
    ...accountOptions,
    cpu: { value: '<units>', description: '1024 for a processor', default: '256' },
    memory: { value: '<MiB>', description: 'of the task', default: '512' },
  },
  render(deployment, options) {
    const { app, secrets } = deployment;
    const { region, resources } = awsResources(deployment, options);
    const role = (kind: string) => `arn:${options.partition}:iam::${options.account}:role/${app.name}-${kind}`;
    const values = secrets.flatMap(({ path, values }) => {
      const resource = resources.find((candidate) => candidate.path === path);
      if (resource === undefined) return [];
      return values.flatMap(({ field, env }) => {
        const valueFrom = field === undefined ? resource.arn : `${resource.arn}:${field}::`;
        const canName = field === undefined || (resource.service === 'secretsmanager' && !field.includes(':'));
        return canName ? env.map((name) => ({ path, name, valueFrom })) : [];
      });
    });
    const task = {
      family: app.name,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: options.cpu,
      memory: options.memory,
      taskRoleArn: role('task'),
      executionRoleArn: role('execution'),
      containerDefinitions: [
        {
          name: app.name,
          image: imageOf(deployment),
          essential: true,
          ...(app.command && { command: app.command }),
          ...(app.port && { portMappings: [{ containerPort: app.port, protocol: 'tcp' }] }),
          user: `${app.uid}:${app.uid}`,
          readonlyRootFilesystem: true,
          linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
          secrets: values.map(({ name, valueFrom }) => ({ name, valueFrom })),
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': `/ecs/${app.name}`,
              'awslogs-region': region,
              'awslogs-stream-prefix': app.name,
            },
          },
        },
      ],
    };
    const next = [
      'aws ecs register-task-definition --cli-input-json file://task-definition.json',
      `The role ${app.name}-execution needs the policy of: keyward manifest aws-iam`,
      leftOut(deployment, new Set(values.map(({ path }) => path)), 'as ECS cannot give them'),
    ];
    return [
      {
        path: 'task-definition.json',
        text: `${JSON.stringify(task, null, 2)}\n`,
        next: next.filter((line) => line !== '').join('\n'),
      },
    ];
  },
});
