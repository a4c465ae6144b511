import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isKeywardError } from '../core/errors.js';
import type { InventoryEntry } from '../core/inventory.js';
import type { Path } from '../core/path.js';
import { fieldsOf, type Payload, payloadText } from '../core/payload.js';
import type { Provider } from '../core/provider.js';
import { Secret } from '../core/secret.js';
import { readPlainFile } from '../host/plain-file.js';
import { createFingerprints } from '../lifecycle/compare/fingerprint.js';
import type { KnownCopy } from '../lifecycle/incident/incident.js';
import type { KnownSecret } from '../lifecycle/incident/related.js';
import { projectFiles } from '../lifecycle/transfer/project-files.js';
import { sameValue } from '../lifecycle/transfer/same-value.js';
import { copyName, identityText } from './offline-copies.js';
import type { Workspace } from './workspace.js';

/** Shorter ones (ports, user names) are equal by chance. */
const leastBytes = 8;
const maxFileBytes = 1024 * 1024;
const localHosts = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** What the secrets have in common with others. What cannot be read counts by its name and its inventory alone. */
export async function knownSecrets({ config, providers }: Workspace, named: readonly Path[]): Promise<KnownSecret[]> {
  const mark = createFingerprints();
  const entries = new Map<Path, InventoryEntry | undefined>(named.map((path) => [path, undefined]));
  for (const entry of config.inventory.values()) entries.set(entry.path, entry);
  const values = await valuesIn(providers, [...entries.keys()]);
  return [...entries].map(([path, entry]) => {
    const fields = [...(values.get(path) ?? [])].flatMap(({ payload }) => [...fieldsOf(payload)]);
    return {
      path,
      owner: entry?.owner,
      marks: new Set(fields.flatMap(([, value]) => (value.bytes.length < leastBytes ? [] : [mark(Secret.of(value))]))),
      hosts: new Set(fields.flatMap(([name, value]) => hostOf(name, value)).map((host) => mark(Secret.fromText(host)))),
      parts: new Set(entry?.from?.parts.map(({ ref }) => ref.path)),
    };
  });
}

/**
 * Where else the present values of the secrets lie: in other stores of the chain, as copies for outages, and in the files
 * of the project, `.env` files that git leaves out with them.
 */
export async function copiesOf(workspace: Workspace, paths: readonly Path[]): Promise<readonly KnownCopy[]> {
  const { providers, config } = workspace;
  const values = await valuesIn(providers, paths);
  const copies: KnownCopy[] = [];
  for (const [path, [first, ...others]] of values) {
    for (const { provider, payload } of others) {
      if (first !== undefined && sameValue(first.payload, payload)) copies.push({ path, where: provider.name });
    }
  }
  const { client } = await workspace.store();
  const { project, environment } = config;
  for (const { name, kind, traits } of config.offline ? providers : []) {
    if (traits.origin === undefined) continue;
    const identity = identityText({ project, environment, provider: name, kind, origin: traits.origin });
    for (const path of paths) {
      const kept = await client.records.list(copyName(identity, path, ''));
      if (kept.length > 0) copies.push({ path, where: `the copies of ${name} that are kept for outages` });
    }
  }
  return [...copies, ...(await copiesInFiles(config.folder, values))];
}

export interface Held {
  readonly provider: Provider;
  readonly payload: Payload;
}

/** In the order of the chain. A store that does not answer has nothing to say. */
export async function valuesIn(
  providers: readonly Provider[],
  paths: readonly Path[],
): Promise<ReadonlyMap<Path, readonly Held[]>> {
  const values = new Map<Path, Held[]>(paths.map((path) => [path, []]));
  for (const provider of providers) {
    const answers = await provider.readMany(paths.map((path) => ({ path }))).catch((error: unknown) => {
      if (isKeywardError(error)) return [];
      throw error;
    });
    for (const [index, path] of paths.entries()) {
      const answer = answers[index];
      if (answer !== undefined && !isKeywardError(answer))
        values.get(path)?.push({ provider, payload: answer.payload });
    }
  }
  return values;
}

async function copiesInFiles(folder: string, values: ReadonlyMap<Path, readonly Held[]>): Promise<KnownCopy[]> {
  const wanted = [...values].flatMap(([path, held]) =>
    held.flatMap(({ payload }) => [...fieldsOf(payload).values()].map(({ bytes }) => ({ path, bytes }))),
  );
  const hidden = (await readdir(folder)).filter((name) => name.startsWith('.env'));
  const { files } = await projectFiles(folder);
  const copies: KnownCopy[] = [];
  for (const file of new Set([...files, ...hidden])) {
    const found = await readPlainFile(join(folder, file), { maxBytes: maxFileBytes }).catch((error: unknown) => {
      if (isKeywardError(error)) return undefined;
      throw error;
    });
    if (found === undefined) continue;
    const bytes = Buffer.from(found.bytes);
    const held = wanted.filter((one) => one.bytes.length >= leastBytes && bytes.includes(Buffer.from(one.bytes)));
    copies.push(...[...new Set(held.map(({ path }) => path))].map((path) => ({ path, where: file })));
  }
  return copies;
}

function hostOf(name: string, value: Payload): readonly string[] {
  if (value.kind !== 'text') return [];
  const text = payloadText(value);
  const isHost = /^(?:.*_)?(?:host|hostname|server|endpoint)$/i.test(name);
  const host = text.includes('://') && URL.canParse(text) ? new URL(text).hostname : isHost ? text : '';
  return host === '' || localHosts.has(host) ? [] : [host.toLowerCase()];
}
