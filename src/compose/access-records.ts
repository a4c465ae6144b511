import { createReadStream, lstatSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { AuditClient } from '../core/client.js';
import { isKeywardError, toKeywardError } from '../core/errors.js';
import type { Path } from '../core/path.js';
import { prefixDirectory } from '../core/provider-kind.js';
import { LineSplitter } from '../guard/audit/line-splitter.js';
import { errnoOf } from '../host/file-error.js';
import { userFolders } from '../host/folders.js';
import { listFolder } from '../host/list-folder.js';
import { AccessLines } from '../lifecycle/access/access-line.js';
import { accessesInAudit, copiesRoot } from '../lifecycle/access/audit-accesses.js';
import type { AccessRecords, RecordedAccess, RecordGap } from '../lifecycle/access/recorded-access.js';
import { copyName, identityText } from './offline-copies.js';
import { accessLogFile } from './start-recording.js';
import type { Workspace } from './workspace.js';

/** An access with the path of the project and the name of the store. */
export type ProjectAccess = RecordedAccess & { readonly store: string };

export interface ProjectRecords {
  readonly accesses: readonly ProjectAccess[];
  /** What the records may not say. */
  readonly gaps: readonly RecordGap[];
  /** What was read, and since when it says anything; `undefined` for one without any record. */
  readonly sources: readonly { readonly where: string; readonly beginsAt: Date | undefined }[];
}

export interface AccessRecordsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Files with lines of access logs that are kept elsewhere, and audit logs of other stores of the chain. */
  readonly files?: readonly string[] | undefined;
  /** Nothing but these files is read. */
  readonly isFilesOnly?: boolean | undefined;
  /** Those of other secrets are left out. */
  readonly isWanted?: ((access: RecordedAccess) => boolean) | undefined;
}

const pageSize = 10_000;
/** CloudTrail delivers many events in one line. */
const maxLineBytes = 64 * 1024 * 1024;
const auditName = 'audit log of the store';

/**
 * Everything that the records of this machine say about accesses to secrets of the project: the audit log of Keyward's
 * own store over all of its volumes, the file of the access log with the parts that were rotated away beside it
 * (`access.log.1`, `access.log.2.gz`), and further files. What is torn, changed or not kept here is said and passed.
 *
 * @throws KeywardError `not_found` for a further file that is not there; as the store.
 */
export async function readAccessRecords(workspace: Workspace, options: AccessRecordsOptions): Promise<ProjectRecords> {
  const { config } = workspace;
  const { isWanted = () => true } = options;
  const gaps: RecordGap[] = [];
  const sources: ProjectRecords['sources'][number][] = [];
  const accesses: ProjectAccess[] = [];
  const take = (where: string, found: AccessRecords) => {
    accesses.push(...found.accesses.map((access) => ({ ...access, store: access.store ?? 'keyward' })));
    gaps.push(...found.gaps);
    sources.push({ where, beginsAt: found.beginsAt });
  };
  const files = new Set((options.files ?? []).map((file) => resolve(file)));
  if (options.isFilesOnly !== true) {
    gaps.push(...gapsOfConfig(workspace));
    const { client } = await workspace.store();
    take(auditName, await readAudit(client.audit, projectPaths(workspace), isWanted));
    const own = config.audit?.file;
    const stateFolder = userFolders(options.env, options.home).state;
    const kept = own === undefined ? [] : partsOf(accessLogFile(own, { config, stateFolder }));
    if (own !== undefined && kept.length === 0) {
      gaps.push({
        where: accessLogFile(own, { config, stateFolder }),
        cause: 'there is no such file: nothing was recorded',
      });
    }
    for (const file of kept) files.add(file);
  }
  const placed = (access: RecordedAccess) => placesOf(workspace, access).filter(isWanted);
  for (const file of files) take(file, await readLog(file, placed));
  return { accesses, gaps, sources };
}

/** What the own audit log of a store names is of every store of its kind that has a secret of this name. */
function placesOf({ providers }: Workspace, access: RecordedAccess): readonly RecordedAccess[] {
  if (access.upstream === undefined) return [access];
  return providers.flatMap(({ name, kind, traits }) => {
    const path = kind === access.upstream ? traits.pathInLog?.(access.path) : undefined;
    return path === undefined ? [] : [{ ...access, path, store: `${name}, by its own log` }];
  });
}

/** The whole log, page by page; what an attacker left of it, when it was changed. */
async function readAudit(
  audit: AuditClient,
  projectPath: (recorded: string) => Pick<ProjectAccess, 'path' | 'store'> | undefined,
  isWanted: (access: RecordedAccess) => boolean,
): Promise<AccessRecords> {
  const { status, firstProblem } = await audit.verify();
  const pastDamage = status === 'broken';
  const accesses: RecordedAccess[] = [];
  const gaps: RecordGap[] = [];
  if (firstProblem !== undefined) {
    const { volume, line, problem } = firstProblem;
    const cause = pastDamage ? 'it was changed, so what it says here may be incomplete' : 'its end is torn';
    gaps.push({ where: auditName, cause: `${cause}: volume ${volume}, line ${line}: ${problem}` });
  }
  let before: number | undefined;
  let beginsAt: Date | undefined;
  for (;;) {
    const records = await audit.show({ limit: pageSize, before, pastDamage });
    const page = accessesInAudit(records);
    for (const access of page.accesses) {
      const place = projectPath(access.path);
      if (place === undefined) continue;
      const placed = { ...access, path: place.path, store: access.store ?? place.store };
      if (isWanted(placed)) accesses.push(placed);
    }
    gaps.push(...page.gaps);
    beginsAt = page.beginsAt ?? beginsAt;
    before = records[0]?.sequence;
    if (records.length < pageSize) return { accesses, gaps, beginsAt };
  }
}

/** What the own store calls a secret of the project, or keeps a copy of one under. */
function projectPaths({ config, providers, pathInStore }: Workspace) {
  const probe = 'x' as Path;
  const prefixes = new Set([pathInStore(probe).slice(0, -probe.length)]);
  for (const entry of config.providers ?? []) {
    if (entry.kind !== 'keyward') continue;
    const directory = prefixDirectory(entry.options.prefix, config.environment);
    prefixes.add(directory === undefined || directory === '' ? '' : `${directory}/`);
  }
  const copies = new Map<string, Pick<ProjectAccess, 'path' | 'store'>>();
  const { project, environment } = config;
  for (const { name, kind, traits } of providers) {
    const { origin } = traits;
    if (origin === undefined) continue;
    const identity = identityText({ project, environment, provider: name, kind, origin });
    for (const path of config.inventory.keys()) {
      copies.set(`sys/records/${copyName(identity, path, '')}`, { path, store: `copy of ${name} in keyward` });
    }
  }
  const longestFirst = [...prefixes].sort((a, b) => b.length - a.length);
  return (recorded: string) => {
    if (recorded.startsWith(copiesRoot)) return copies.get(recorded.slice(0, recorded.lastIndexOf('/') + 1));
    for (const prefix of longestFirst) {
      if (recorded.startsWith(prefix)) return { path: recorded.slice(prefix.length), store: 'keyward' };
    }
    return undefined;
  };
}

/** The file and what was rotated away from it, oldest name last. */
function partsOf(file: string): readonly string[] {
  const name = basename(file);
  try {
    return listFolder(dirname(file))
      .filter((other) => other === name || (other.startsWith(name) && /^[.-]/.test(other.slice(name.length))))
      .sort()
      .map((other) => join(dirname(file), other));
  } catch (error) {
    if (isKeywardError(error, 'config')) return [];
    throw error;
  }
}

async function readLog(
  file: string,
  placed: (access: RecordedAccess) => readonly RecordedAccess[],
): Promise<AccessRecords> {
  const lines = new AccessLines(file, placed);
  const gaps: RecordGap[] = [];
  try {
    const stats = lstatSync(file);
    if (!stats.isFile())
      return {
        accesses: [],
        gaps: [{ where: file, cause: 'it is no regular file, and was not read' }],
        beginsAt: undefined,
      };
    if ((stats.mode & 0o022) !== 0) gaps.push({ where: file, cause: 'others than its owner may change it' });
    const splitter = new LineSplitter(maxLineBytes);
    const decoder = new TextDecoder();
    const take = new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        for (const line of splitter.push(chunk)) lines.push(decoder.decode(line));
        done();
      },
    });
    const stored = createReadStream(file);
    await (file.endsWith('.gz') ? pipeline(stored, createGunzip(), take) : pipeline(stored, take));
    if (splitter.isInsideLine && !lines.last(decoder.decode(splitter.rest)))
      gaps.push({ where: file, cause: 'its last line has no end: a write was interrupted' });
  } catch (error) {
    gaps.push({
      where: file,
      cause: `it could not be read to its end (${errnoOf(error) ?? toKeywardError(error, 'reading').code})`,
    });
  }
  const read = lines.end();
  return { ...read, gaps: [...gaps, ...read.gaps] };
}

/** What the configuration leaves out, or sends elsewhere. */
function gapsOfConfig({ config: { audit }, providers }: Workspace): readonly RecordGap[] {
  const others = providers.filter(({ kind }) => kind !== 'keyward').map(({ name }) => name);
  if (others.length === 0) return [];
  const gap = (cause: string): RecordGap => ({ where: 'access log', cause });
  if (audit === undefined)
    return [gap(`reads from ${others.join(', ')} are not recorded: keyward.yaml has no \`audit:\``)];
  const gaps: RecordGap[] = [];
  if (audit.level === 'warn' || audit.level === 'error') {
    gaps.push(gap(`\`audit.level: ${audit.level}\` leaves out every read that went well`));
  }
  if (audit.file === undefined && audit.store === undefined) {
    const where = audit.http === undefined ? 'standard output' : new URL(audit.http).host;
    gaps.push(gap(`it goes to ${where}: what was kept there is read when it is named with --records`));
  }
  return gaps;
}
