import { defineTarget } from '../manifest.js';
import { common, placesOfKind } from '../places-of-kind.js';
import { shellWord } from '../shell-word.js';
import { setupScript } from './setup-script.js';

/** https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/ */
export default defineTarget({
  summary: 'a script that sets up a namespace: its account, and Secrets encrypted again',
  options: { namespace: { value: '<name>', description: 'when the link does not say it' } },
  render(deployment, options) {
    const { name } = deployment.app;
    const places = placesOfKind(deployment, 'kubernetes').map(({ place }) => place);
    const namespace = shellWord(
      common(
        'namespace',
        options.namespace,
        places.map((place) => place.namespace),
      ),
    );
    return setupScript('kubernetes', [
      `kubectl create namespace ${namespace} --dry-run=client -o yaml | kubectl apply -f -`,
      `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=restricted --overwrite`,
      `kubectl create serviceaccount ${name} -n ${namespace} --dry-run=client -o yaml | kubectl apply -f -`,
      '# Encryption at rest is a flag of the apiserver: keyward manifest encryption-config.',
      '# Written again, what was there before is encrypted too. Values pass through this machine, and nowhere to disk.',
      `kubectl get secrets -n ${namespace} -o json | kubectl replace -f -`,
    ]);
  },
});
