import { basename, dirname } from 'node:path';
import { isKeywardError } from '../core/errors.js';
import { parseDirectory } from '../core/path.js';
import { userFolders } from '../host/folders.js';
import type { ConfigSource } from './config-layers.js';
import { defaultPrefix } from './default-chain.js';
import { projectName } from './default-config.js';
import { fixedPart, isClaimedBy, otherOwner } from './prefix-claims.js';
import { createTrustList } from './trust.js';
import type { OpenedStore } from './workspace.js';

export interface ClaimOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly store: Pick<OpenedStore, 'client'>;
}

const maxSuffix = 1000;

/**
 * A project name for the folder whose part of the store is free, or the folder's own already: the folder's name, else
 * that with a number. The prefix `<name>/{env}` is then given to the folder.
 */
export async function claimProject(folder: string, options: ClaimOptions): Promise<string> {
  const trust = createTrustList(userFolders(options.env, options.home).config);
  const claims = await trust.claims();
  const wanted = projectName(basename(folder));
  for (let number = 1; number < maxSuffix; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    const prefix = `${name}/{env}`;
    if (isClaimedBy(claims, prefix, folder)) return name;
    if (otherOwner(claims, prefix, folder) !== undefined || (await holdsNames(options.store, name))) continue;
    await trust.claim(prefix, folder);
    return name;
  }
  return wanted;
}

/**
 * Gives the prefixes that a configuration names to its folder, as far as nobody else has them and nothing lies there
 * yet: what a clone of somebody's project needs, and no way to the secrets of another project.
 */
export async function claimPrefixes(source: ConfigSource, options: ClaimOptions): Promise<void> {
  if (source.isNamed) return;
  const trust = createTrustList(userFolders(options.env, options.home).config);
  const folder = dirname(source.file);
  for (const prefix of prefixesOf(source)) {
    const claims = await trust.claims();
    if (isClaimedBy(claims, prefix, folder) || otherOwner(claims, prefix, folder) !== undefined) continue;
    if (!(await holdsNames(options.store, fixedPart(prefix)))) await trust.claim(prefix, folder);
  }
}

/** The parts of the user's store that the file asks in, as far as it says so itself; never the whole. */
function prefixesOf({ parsed }: ConfigSource): readonly string[] {
  const stated = (parsed.providers ?? []).flatMap(({ kind, options }) => (kind === 'keyward' ? [options.prefix] : []));
  const isImplied = parsed.providers === undefined && parsed.extends === undefined;
  const prefixes = isImplied ? [defaultPrefix(parsed.project)] : stated;
  return prefixes.flatMap((prefix) => (prefix === undefined || fixedPart(prefix) === '' ? [] : [prefix]));
}

async function holdsNames({ client }: ClaimOptions['store'], directory: string): Promise<boolean> {
  try {
    return (await client.secrets.list(parseDirectory(directory), { limit: 1 })).entries.length > 0;
  } catch (error) {
    if (isKeywardError(error, 'invalid')) return true;
    throw error;
  }
}
