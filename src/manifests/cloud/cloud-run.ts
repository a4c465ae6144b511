import { imageOf } from '../delivered-values.js';
import { defineTarget } from '../manifest.js';
import { common, leftOut, placesOfKind } from '../places-of-kind.js';
import { printYaml } from '../print-yaml.js';
import { shellWord } from '../shell-word.js';

/** https://cloud.google.com/run/docs/reference/yaml/v1 */
export default defineTarget({
  summary: 'a service of Google Cloud Run, its secrets from Secret Manager',
  options: {
    project: { value: '<id>', description: 'when the link does not say it' },
    region: { value: '<region>', description: 'where it runs', default: 'europe-west1' },
    account: { value: '<email>', description: 'of its service account; made from name and project when absent' },
    memory: { value: '<size>', description: 'at most', default: '512Mi' },
    cpus: { value: '<number>', description: 'at most', default: '1' },
    max: { value: '<number>', description: 'of instances', default: '10' },
  },
  async render(deployment, options) {
    const { app, secrets } = deployment;
    const places = new Map(placesOfKind(deployment, 'gcp').map(({ secret, place }) => [secret.path, place]));
    const project = common(
      'project',
      options.project,
      [...places.values()].map((place) => place.project),
    );
    const values = secrets.flatMap(({ path, values }) => {
      const place = places.get(path);
      // A variable gets the whole secret there, never a field.
      return values.flatMap(({ field, env }) =>
        place === undefined || field !== undefined ? [] : env.map((name) => ({ path, name, secret: place.name })),
      );
    });
    const text = await printYaml({
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      metadata: { name: app.name },
      spec: {
        template: {
          metadata: { annotations: { 'autoscaling.knative.dev/maxScale': options.max } },
          spec: {
            serviceAccountName: options.account ?? `${app.name}@${project}.iam.gserviceaccount.com`,
            containers: [
              {
                image: imageOf(deployment),
                ...(app.command && { command: app.command }),
                ...(app.port && { ports: [{ containerPort: app.port }] }),
                resources: { limits: { cpu: options.cpus, memory: options.memory } },
                ...(app.health && { livenessProbe: { httpGet: { path: app.health } } }),
                env: values.map(({ name, secret }) => ({
                  name,
                  valueFrom: { secretKeyRef: { name: secret, key: 'latest' } },
                })),
              },
            ],
          },
        },
      },
    });
    const next = [
      `gcloud run services replace cloud-run.yaml --region ${shellWord(options.region)} --project ${shellWord(project)}`,
      'Values are read when an instance starts. Its account needs: keyward manifest gcp-iam',
      leftOut(
        deployment,
        new Set(values.map(({ path }) => path)),
        'as Cloud Run gives whole secrets only; the program can read them with Keyward',
      ),
    ];
    return [{ path: 'cloud-run.yaml', text, next: next.filter((line) => line !== '').join('\n') }];
  },
});
