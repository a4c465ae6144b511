import type { Deployment } from '../../core/deployment.js';
import { KeywardError } from '../../core/errors.js';
import { type DeliveredValue, deliveredValues } from '../delivered-values.js';
import { checkedName, namespaceOption } from './object-names.js';

export const secretOptions = {
  namespace: namespaceOption,
  secret: { value: '<name>', description: 'of the Secret; that of the program with -secrets when absent' },
  keys: {
    value: '<form>',
    description: 'lower: as files are called; upper: as the variables; dashes: lower with dashes',
    default: 'lower',
    choices: ['lower', 'upper', 'dashes'],
  },
} as const;

export const layoutOption = {
  value: '<layout>',
  description: 'app: one Secret for the program; store: those that the kubernetes store of the chain reads',
  default: 'app',
  choices: ['app', 'store'],
} as const;

/** A value, and where in which Secret it lies. */
export interface SecretValue extends DeliveredValue {
  readonly secret: string;
  readonly key: string;
  /** Whether the key holds all fields of the secret at once, as JSON. */
  readonly isWhole: boolean;
}

export interface SecretNaming {
  readonly secret: string | undefined;
  readonly keys: string;
  readonly layout?: string | undefined;
}

/** @throws KeywardError `invalid` for a name that there cannot be, `config` where the chain has no such store. */
export function secretValues(deployment: Deployment, { secret, keys, layout }: SecretNaming): readonly SecretValue[] {
  const values = deliveredValues(deployment);
  if (layout === 'store') return values.map((value) => ({ ...value, ...placeInStore(deployment, value) }));
  const name = checkedName(secret ?? `${deployment.app.name}-secrets`);
  return values.map((value) => ({ ...value, secret: name, key: keyOf(value, keys), isWhole: false }));
}

function keyOf({ fileName, variable }: DeliveredValue, form: string): string {
  if (form === 'upper') return variable;
  return form === 'dashes' ? fileName.replaceAll('_', '-') : fileName;
}

function placeInStore({ secrets }: Deployment, { path, field }: DeliveredValue) {
  for (const { place } of secrets.find((secret) => secret.path === path)?.places ?? []) {
    if (place.kind !== 'kubernetes') continue;
    const { name, key } = place;
    return { secret: name, key: key ?? field ?? 'value', isWhole: key !== undefined && field !== undefined };
  }
  throw new KeywardError('config', `${path} lies in no kubernetes store of the chain`, {
    path,
    advice: 'Leave layout=store out, so that one Secret holds what the program needs.',
  });
}

/** The values of each Secret, in the order in which the inventory first names it. */
export function bySecret(values: readonly SecretValue[]): ReadonlyMap<string, readonly SecretValue[]> {
  const groups = new Map<string, SecretValue[]>();
  for (const value of values) {
    const group = groups.get(value.secret);
    if (group === undefined) groups.set(value.secret, [value]);
    else group.push(value);
  }
  return groups;
}
