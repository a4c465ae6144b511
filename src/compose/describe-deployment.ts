import * as v from 'valibot';
import type { DeployedApp, DeployedSecret, Deployment, PlaceInLink } from '../core/deployment.js';
import { emitEnvironment, targetsOf } from '../core/environment-names.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import type { InventoryEntry } from '../core/inventory.js';
import type { Path } from '../core/path.js';
import { compilePathPattern } from '../core/path-pattern.js';
import { linkName } from './create-provider.js';
import { type DeploySettings, deploySchema } from './deploy-schema.js';
import type { Workspace } from './workspace.js';

const defaultUid = 10_001;

/**
 * What the project deploys, for `keyward manifest`: asks no store and holds no value.
 *
 * @param given Settings of the `deploy:` section that stand above those of the file, as texts.
 * @throws KeywardError `invalid` for a setting that cannot be meant, `config` when two values claim one variable.
 */
export function describeDeployment(
  { config, providers }: Pick<Workspace, 'config' | 'providers'>,
  given: Readonly<Record<string, string>> = {},
): Deployment {
  const entries = [...config.inventory.values()];
  const { names } = emitEnvironment(entries.flatMap(targetsOf));
  const serves = new Map(
    (config.providers ?? []).map((entry) => [linkName(entry), entry.options.serves?.map(compilePathPattern)]),
  );
  const placesOf = (path: Path): readonly PlaceInLink[] =>
    providers.flatMap(({ name: link, traits }) => {
      const isServed = serves.get(link)?.some((pattern) => pattern.matches(path)) ?? true;
      const place = isServed ? placeIn(traits, path) : undefined;
      return place === undefined ? [] : [{ link, place }];
    });
  const secretOf = (entry: InventoryEntry): DeployedSecret => ({
    path: entry.path,
    isDerived: entry.from !== undefined,
    values: targetsOf(entry).map(({ path, field }) => ({
      field,
      env: [...names].filter(([, target]) => target.path === path && target.field === field).map(([name]) => name),
      form: field === undefined ? entry.form : entry.fieldForms?.get(field),
    })),
    owner: entry.owner,
    purpose: entry.purpose,
    rotate: entry.rotate,
    isRequired: entry.required,
    places: entry.from === undefined ? placesOf(entry.path) : [],
  });
  return {
    project: config.project ?? 'app',
    environment: config.environment,
    app: appOf(config.project, { ...config.deploy, ...settingsOf(given) }),
    secrets: entries.map(secretOf),
  };
}

function placeIn({ placeOf }: Workspace['providers'][number]['traits'], path: Path) {
  try {
    return placeOf?.(path);
  } catch (error) {
    // The store can have no such secret, so nothing is to be said about it there.
    if (isKeywardError(error, 'invalid')) return undefined;
    throw error;
  }
}

function appOf(project: string | undefined, { name, uid = defaultUid, ...settings }: DeploySettings): DeployedApp {
  return { ...settings, name: name ?? nameOf(project), uid };
}

function nameOf(project = 'app'): string {
  const name = project
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^[^a-z]+|-+$/g, '');
  return name === '' ? 'app' : name;
}

function settingsOf({ command, port, uid, ...texts }: Readonly<Record<string, string>>): DeploySettings {
  const result = v.safeParse(deploySchema, {
    ...texts,
    ...(command !== undefined && { command: command.split(' ').filter((word) => word !== '') }),
    ...(port !== undefined && { port: Number(port) }),
    ...(uid !== undefined && { uid: Number(uid) }),
  });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new KeywardError('invalid', `${v.getDotPath(issue) ?? 'deploy'} has a value that cannot be meant`, {
    advice: `Write it as ${issue.message}.`,
  });
}
