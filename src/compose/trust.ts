import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { defaultSecretFiles } from '../core/provider-kind.js';
import { defaultSealedFile } from '../core/sealed-document.js';
import { realpath } from '../host/file-calls.js';
import { ensureOwnedFolder, readOwnedFile, writeOwnedFile } from '../host/owned-file.js';
import { channelKinds } from './channel-registry.js';
import type { ConfigFile } from './config-schema.js';
import { isClaimedBy, type PrefixClaims } from './prefix-claims.js';
import { reachByOptions, reachOf } from './provider-reach.js';
import { rolloutKinds } from './rollout-registry.js';
import { rotatorKinds } from './rotator-registry.js';
import { sealedReach } from './sealed-claims.js';

const trustFileName = 'trusted.json';
const maxTrustBytes = 1024 * 1024;

/** What this user has agreed to: configuration files, each with its content, and prefixes of the store by project. */
export interface TrustList {
  /** Whether this content was agreed to, and each of these reasons: what a file reaches may change while it does not. */
  isTrusted(file: string, text: string, reasons: readonly string[]): Promise<boolean>;
  trust(file: string, text: string, reasons: readonly string[]): Promise<void>;
  claims(): Promise<PrefixClaims>;
  /** Gives a prefix of the store to a project's folder. */
  claim(prefix: string, folder: string): Promise<void>;
}

interface TrustFile {
  /** SHA-256 of the content and of each reason, separated by spaces. */
  readonly files: Readonly<Record<string, string>>;
  readonly prefixes: PrefixClaims;
}

/** Kept in the user's configuration folder, readable by the owner only. */
export function createTrustList(configFolder: string): TrustList {
  const path = join(configFolder, trustFileName);
  const read = async (): Promise<TrustFile> => {
    const bytes = await readOwnedFile(path, { maxBytes: maxTrustBytes });
    return bytes === undefined ? { files: {}, prefixes: {} } : parseTrust(new TextDecoder().decode(bytes), path);
  };
  const write = async (content: TrustFile) => {
    await ensureOwnedFolder(configFolder);
    await writeOwnedFile(path, new TextEncoder().encode(`${JSON.stringify({ version: 1, ...content }, null, 2)}\n`));
  };
  return {
    async isTrusted(file, text, reasons) {
      const { files } = await read();
      const [content, ...agreed] = Object.hasOwn(files, file) ? (files[file] ?? '').split(' ') : [];
      const [wanted, ...needed] = await Promise.all([text, ...reasons].map(sha256));
      return content === wanted && needed.every((reason) => agreed.includes(reason));
    },
    async trust(file, text, reasons) {
      const content = await read();
      const agreed = (await Promise.all([text, ...reasons].map(sha256))).join(' ');
      await write({ ...content, files: { ...content.files, [file]: agreed } });
    },
    claims: async () => (await read()).prefixes,
    async claim(prefix, folder) {
      const content = await read();
      await write({ ...content, prefixes: { ...content.prefixes, [prefix]: folder } });
    },
  };
}

/**
 * What a configuration file would reach outside its own project, as sentences: the reasons why a file that was found,
 * and not named by the user, takes effect only when trusted. None for a file that stays within the project.
 */
export async function outsideReach(file: ConfigFile, folder: string, claims: PrefixClaims): Promise<readonly string[]> {
  const reasons: string[] = [];
  const noteFile = async (what: string, path: string) => {
    if (await isInside(folder, path)) return;
    const target = resolve(folder, path);
    const real = await realTarget(target);
    const link = isWithin(folder, target) ? `, a link to ${real}` : '';
    reasons.push(`${what} the file ${path}${link}, which is outside the project`);
  };
  if (file.extends !== undefined) await noteFile('it extends', file.extends);
  if (file.store?.path !== undefined) reasons.push(ownStoreReach(file.store.path));
  for (const entry of file.providers ?? []) {
    const reach = reachOf(entry);
    for (const address of reach.addresses) reasons.push(`${entry.kind} would be asked at ${address}`);
    for (const command of reach.commands) reasons.push(`${entry.kind} would run ${command.join(' ')}`);
    if (entry.kind === 'sealed') {
      reasons.push(...(await sealedReach(entry.options.file ?? defaultSealedFile, folder, claims)));
    }
    if (entry.kind === 'keyward') reasons.push(...storeReach(entry.options.prefix, folder, claims));
    for (const path of reach.files) if (path !== defaultSecretFiles) await noteFile(`${entry.kind} would read`, path);
  }
  for (const [path, entry] of Object.entries(file.secrets ?? {})) {
    const { driver = '', options = {} } = entry?.rotator ?? {};
    const reach = reachByOptions(rotatorKinds.get(driver)?.options ?? {}, options);
    for (const command of reach.commands) reasons.push(`${path} would be rotated by running ${command.join(' ')}`);
    const by = reach.secrets.length === 0 ? '' : `, which would be given ${reach.secrets.join(' and ')}`;
    const port = typeof options['port'] === 'number' ? `:${options['port']}` : '';
    for (const address of reach.addresses)
      reasons.push(`${path} would be rotated by ${driver} at ${address}${port}${by}`);
    for (const name of reach.files) await noteFile(`rotating ${path} would use`, name);
    for (const { driver: by, options: told, check } of entry?.rollout ?? []) {
      const reached = reachByOptions(rolloutKinds.get(by)?.options ?? {}, told);
      const stated = Object.entries(told).map(([name, value]) => `${name} ${[value].flat().join(' ')}`);
      reasons.push(`${path} would be brought to its consumers by ${by}: ${stated.join(', ')}`);
      for (const name of reached.files) await noteFile(`rolling ${path} out would use`, name);
      if (check?.http !== undefined) reasons.push(`after that, ${check.http} would be asked`);
      if (check?.exec !== undefined) reasons.push(`after that, this would be run: ${check.exec.join(' ')}`);
    }
  }
  for (const [channel, options] of Object.entries(file.notifications?.channels ?? {})) {
    const reach = reachByOptions(channelKinds.get(channel)?.options ?? {}, options);
    const at = reach.addresses.length === 0 ? '' : ` at ${reach.addresses.join(' and ')}`;
    const by = reach.secrets.length === 0 ? '' : `, which would be given ${reach.secrets.join(' and ')}`;
    reasons.push(`people would be told by ${channel}${at}${by}`);
    for (const name of reach.files) await noteFile(`${channel} would use`, name);
  }
  const { file: logFile, http, tokenFile, store } = file.audit ?? {};
  if (typeof logFile === 'string') await noteFile('the access log would be written to', logFile);
  if (http !== undefined) reasons.push(`the access log would be sent to ${new URL(http).origin}`);
  if (tokenFile !== undefined) await noteFile('it sends the token in', tokenFile);
  if (store !== undefined) reasons.push('it would write to the audit log of your store');
  return reasons;
}

/** Why a store of the configuration's own needs trust. */
export function ownStoreReach(path: string): string {
  return `it names its own store at ${path}`;
}

/** Why a link to Keyward's own store needs trust: its part of the store was not given to the folder. */
export function storeReach(prefix: string | undefined, folder: string, claims: PrefixClaims): readonly string[] {
  if (isClaimedBy(claims, prefix ?? '{env}', folder)) return [];
  return [`your store would be asked ${whereIn(prefix)}, which init did not give to this project`];
}

/** Lexically, and after every symbolic link on the way has been followed. */
export async function isInside(folder: string, path: string): Promise<boolean> {
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

function whereIn(prefix: string | undefined): string {
  return prefix === undefined ? 'for everything in it' : `below ${prefix}`;
}

function parseTrust(text: string, path: string): TrustFile {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'files' in parsed) {
      const prefixes = 'prefixes' in parsed ? parsed.prefixes : {};
      if (isTexts(parsed.files) && isTexts(prefixes)) return { files: parsed.files, prefixes };
    }
  } catch {
    // Falls through to the one error.
  }
  throw new KeywardError('config', `${path} is damaged`, {
    store: path,
    advice: 'Remove it and trust the files again.',
  });
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' && value !== null && Object.values(value).every((entry) => typeof entry === 'string')
  );
}

async function sha256(text: string): Promise<string> {
  // Few configurations need trust, and the module takes a while to load.
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(text).digest('hex');
}
