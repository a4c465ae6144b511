import { defineTarget } from '../manifest.js';
import { common, placesOfKind } from '../places-of-kind.js';
import { shellWord } from '../shell-word.js';
import { setupScript } from './setup-script.js';

/** https://cloud.google.com/secret-manager/docs/configuring-secret-manager */
export default defineTarget({
  summary: 'a script that sets up Google Cloud: the service, the secrets without values, the account of the program',
  options: { project: { value: '<id>', description: 'when the link does not say it' } },
  render(deployment, options) {
    const { name } = deployment.app;
    const places = placesOfKind(deployment, 'gcp').map(({ place }) => place);
    const stated = common(
      'project',
      options.project,
      places.map((place) => place.project),
    );
    const project = `--project=${shellWord(stated)}`;
    const account = `${name}@${stated}.iam.gserviceaccount.com`;
    return setupScript('gcp', [
      `gcloud services enable secretmanager.googleapis.com ${project}`,
      ...places.flatMap(({ name: secret, location }) => {
        const where = location === undefined ? project : `${project} --location=${shellWord(location)}`;
        const replicated = location === undefined ? ' --replication-policy=automatic' : '';
        return [
          `gcloud secrets describe ${shellWord(secret)} ${where} >/dev/null 2>&1 ||`,
          `  gcloud secrets create ${shellWord(secret)} ${where}${replicated}`,
        ];
      }),
      `gcloud iam service-accounts describe ${shellWord(account)} ${project} >/dev/null 2>&1 ||`,
      `  gcloud iam service-accounts create ${name} ${project}`,
      `# What it may read: keyward manifest gcp-iam --set account=${account}`,
    ]);
  },
});
