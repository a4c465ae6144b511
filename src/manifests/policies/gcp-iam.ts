import { defineTarget } from '../manifest.js';
import { common, placesOfKind } from '../places-of-kind.js';
import { shellWord } from '../shell-word.js';

const roles = { read: ['secretAccessor'], rotate: ['secretAccessor', 'secretVersionAdder', 'viewer'] } as const;

/** https://cloud.google.com/secret-manager/docs/access-control */
export default defineTarget({
  summary: 'IAM bindings of Google Cloud: exactly the secrets of the inventory',
  options: {
    account: { value: '<email>', description: 'of the service account', isRequired: true },
    project: { value: '<id>', description: 'when the link does not say it' },
    access: {
      value: '<which>',
      description: 'read: for the program; rotate: also new versions',
      default: 'read',
      choices: ['read', 'rotate'],
    },
  },
  render(deployment, { account, project, access }) {
    const places = placesOfKind(deployment, 'gcp').map(({ place }) => place);
    const commands = places.flatMap(({ name, location, ...place }) => {
      const options = [
        name,
        `--project=${place.project ?? common('project', project, [])}`,
        ...(location === undefined ? [] : [`--location=${location}`]),
        `--member=serviceAccount:${account}`,
      ];
      return roles[access === 'rotate' ? 'rotate' : 'read'].map((role) =>
        [
          'gcloud secrets add-iam-policy-binding',
          ...[...options, `--role=roles/secretmanager.${role}`].map(shellWord),
        ].join(' \\\n  '),
      );
    });
    const text = `#!/bin/sh\nset -eu\n${[...new Set(commands)].join('\n')}\n`;
    return [{ path: 'gcp-iam.sh', mode: 0o755, text, next: 'Running it again changes nothing.' }];
  },
});
