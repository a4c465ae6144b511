import type { Deployment } from '../../core/deployment.js';
import { KeywardError } from '../../core/errors.js';

/** RFC 1123 subdomain, as `IsDNS1123Subdomain` of k8s.io/apimachinery has it. */
const objectName = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

export const namespaceOption = {
  value: '<namespace>',
  description: 'that of the context of kubectl when absent',
} as const;

export const accountOption = {
  value: '<name>',
  description: 'the service account; the name of the program when absent',
} as const;

/** The text, as the name of an object. @throws KeywardError `invalid` */
export function checkedName(text: string): string {
  if (objectName.test(text)) return text;
  throw new KeywardError('invalid', 'a name is none that an object in Kubernetes can have', {
    advice: 'Use lower-case letters and digits, with dashes and dots between them.',
  });
}

/** @throws KeywardError `invalid` */
export function metadataOf(name: string, namespace: string | undefined) {
  return { name: checkedName(name), ...(namespace !== undefined && { namespace: checkedName(namespace) }) };
}

/** Those of an object of the program; by them others are told which pods are meant. */
export function appLabels({ app }: Deployment) {
  return { 'app.kubernetes.io/name': app.name };
}
