import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { defaultSecretFiles } from '../core/provider-kind.js';
import { ensureOwnedFolder, readOwnedFile, writeOwnedFile } from '../host/owned-file.js';
import type { ConfigFile } from './config-schema.js';
import { reachOf } from './provider-schemas.js';

const trustFileName = 'trusted.json';
const maxTrustBytes = 1024 * 1024;

/** The configuration files that this user has agreed to, each with the content agreed to. */
export interface TrustList {
  isTrusted(file: string, text: string): Promise<boolean>;
  trust(file: string, text: string): Promise<void>;
}

/** Kept in the user's configuration folder, readable by the owner only. */
export function createTrustList(configFolder: string): TrustList {
  const path = join(configFolder, trustFileName);
  const read = async (): Promise<Record<string, string>> => {
    const bytes = await readOwnedFile(path, { maxBytes: maxTrustBytes });
    return bytes === undefined ? {} : parseTrust(new TextDecoder().decode(bytes), path);
  };
  return {
    async isTrusted(file, text) {
      const files = await read();
      return Object.hasOwn(files, file) && files[file] === sha256(text);
    },
    async trust(file, text) {
      const files = { ...(await read()), [file]: sha256(text) };
      await ensureOwnedFolder(configFolder);
      await writeOwnedFile(path, new TextEncoder().encode(`${JSON.stringify({ version: 1, files }, null, 2)}\n`));
    },
  };
}

/**
 * What a configuration file would reach outside its own project, as sentences: the reasons why a file that was found,
 * and not named by the user, takes effect only when trusted. None for a file that stays within the project.
 */
export async function outsideReach(file: ConfigFile, folder: string): Promise<readonly string[]> {
  const reasons: string[] = [];
  const noteFile = async (what: string, path: string) => {
    if (!(await isInside(folder, path))) reasons.push(`${what} the file ${path}, which is outside the project`);
  };
  if (file.extends !== undefined) await noteFile('it extends', file.extends);
  if (file.store?.path !== undefined) reasons.push(`it names its own store at ${file.store.path}`);
  for (const entry of file.providers ?? []) {
    const reach = reachOf(entry);
    for (const address of reach.addresses) reasons.push(`${entry.kind} would be asked at ${address}`);
    for (const command of reach.commands) reasons.push(`${entry.kind} would run ${command[0]}`);
    for (const path of reach.files) if (path !== defaultSecretFiles) await noteFile(`${entry.kind} would read`, path);
  }
  return reasons;
}

/** Lexically, and after every symbolic link on the way has been followed. */
async function isInside(folder: string, path: string): Promise<boolean> {
  const target = resolve(folder, path);
  return isWithin(folder, target) && isWithin(await realpath(folder), await realTarget(target));
}

function isWithin(folder: string, target: string): boolean {
  const way = relative(folder, target);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

/** The real place of a file that may not exist yet. */
async function realTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realTarget(parent), relative(parent, path));
  }
}

function parseTrust(text: string, path: string): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'files' in parsed) {
      const { files } = parsed;
      if (
        typeof files === 'object' &&
        files !== null &&
        Object.values(files).every((hash) => typeof hash === 'string')
      ) {
        return { ...files } as Record<string, string>;
      }
    }
  } catch {
    // Falls through to the one error.
  }
  throw new KeywardError('config', `${path} is damaged`, {
    store: path,
    advice: 'Remove it and trust the files again.',
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
