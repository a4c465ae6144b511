import * as v from 'valibot';

/** What a link of the chain would reach outside the project: the reasons why a discovered file needs trust. */
export interface Reach {
  readonly addresses: readonly string[];
  readonly files: readonly string[];
  readonly commands: readonly (readonly string[])[];
}

const linkOptions = {
  name: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'a short lower-case name'))),
  serves: v.optional(v.array(v.string())),
  onUnavailable: v.optional(v.picklist(['next', 'stop'])),
};
const text = v.pipe(v.string(), v.nonEmpty('a text that is not empty'));
const prefix = v.optional(text);
const files = v.optional(v.pipe(v.array(text), v.nonEmpty('at least one file')));

/**
 * Options of every kind of provider by its key in `providers:`. The schema knows the kinds that reach out even before
 * their driver is built, so that trust is decided on all of them.
 */
export const providerSchemas = {
  keyward: v.strictObject({ ...linkOptions, prefix }),
  env: v.strictObject({ ...linkOptions }),
  dotenv: v.strictObject({ ...linkOptions, files, allowInProduction: v.optional(v.boolean()) }),
  files: v.strictObject({ ...linkOptions, root: v.optional(text), prefix, exact: v.optional(v.boolean()) }),
  sealed: v.strictObject({ ...linkOptions, file: v.optional(text) }),
  exec: v.strictObject({ ...linkOptions, command: v.pipe(v.array(text), v.nonEmpty('a program and its arguments')) }),
  vault: v.strictObject({
    ...linkOptions,
    address: v.optional(text),
    mount: v.optional(text),
    prefix,
    namespace: v.optional(text),
    auth: v.optional(text),
    ca: v.optional(text),
    allowPlaintext: v.optional(v.boolean()),
  }),
  aws: v.strictObject({ ...linkOptions, region: v.optional(text), prefix, endpoint: v.optional(text) }),
  ssm: v.strictObject({ ...linkOptions, region: v.optional(text), prefix, endpoint: v.optional(text) }),
  gcp: v.strictObject({ ...linkOptions, project: v.optional(text), prefix, endpoint: v.optional(text) }),
  azure: v.strictObject({ ...linkOptions, vault: v.optional(text), prefix, endpoint: v.optional(text) }),
  kubernetes: v.strictObject({
    ...linkOptions,
    namespace: v.optional(text),
    context: v.optional(text),
    kubeconfig: v.optional(text),
    prefix,
  }),
} as const;

export type ProviderKind = keyof typeof providerSchemas;

export type ProviderOptions<Kind extends ProviderKind> = v.InferOutput<(typeof providerSchemas)[Kind]>;

/** One entry of `providers:`, as the tagged union of its kinds. */
export type ProviderEntry = {
  readonly [Kind in ProviderKind]: { readonly kind: Kind; readonly options: ProviderOptions<Kind> };
}[ProviderKind];

export const providerKinds = Object.keys(providerSchemas) as readonly ProviderKind[];

const present = (...values: readonly (string | undefined)[]) => values.filter((value) => value !== undefined);

/** What the entry reaches by its own words. Where it reaches by default or by the environment is not its doing. */
export function reachOf(entry: ProviderEntry): Reach {
  const nothing: Reach = { addresses: [], files: [], commands: [] };
  switch (entry.kind) {
    case 'keyward':
    case 'env':
      return nothing;
    case 'dotenv':
      return { ...nothing, files: entry.options.files ?? [] };
    case 'files':
      return { ...nothing, files: present(entry.options.root) };
    case 'sealed':
      return { ...nothing, files: present(entry.options.file) };
    case 'exec':
      return { ...nothing, commands: [entry.options.command] };
    case 'vault':
      return { ...nothing, addresses: present(entry.options.address), files: present(entry.options.ca) };
    case 'aws':
    case 'ssm':
      return { ...nothing, addresses: present(entry.options.endpoint, entry.options.region) };
    case 'gcp':
      return { ...nothing, addresses: present(entry.options.endpoint, entry.options.project) };
    case 'azure':
      return { ...nothing, addresses: present(entry.options.endpoint, entry.options.vault) };
    case 'kubernetes':
      return {
        ...nothing,
        addresses: present(entry.options.context, entry.options.namespace),
        files: present(entry.options.kubeconfig),
      };
  }
}
