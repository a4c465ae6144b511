import { type Members, numberIn, objectIn, textIn } from '../../clients/vault/vault-answer.js';
import { currentStage, previousStage } from '../../core/ref.js';
import type { NumberedVersion, VersionState } from '../../core/version.js';

/** What an entry of the second engine is, without its values. */
export interface KvMetadata {
  /** Newest first. */
  readonly versions: readonly NumberedVersion[];
  /** The number of the newest version, whatever its state; 0 without any. */
  readonly current: number;
  readonly custom: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What the metadata endpoint says; `undefined` when that has not its form. */
export function readKvMetadata(data: Members, nowMs: number): KvMetadata | undefined {
  const listed = objectIn(data, 'versions');
  const current = numberIn(data, 'current_version');
  const createdAt = timeIn(data, 'created_time');
  const updatedAt = timeIn(data, 'updated_time');
  if (listed === undefined || current === undefined || !createdAt || !updatedAt) return undefined;
  const numbers = [...listed.keys()].map(Number).sort((a, b) => b - a);
  const previous = numbers.find((number) => number < current);
  const versions: NumberedVersion[] = [];
  for (const number of numbers) {
    const entry = objectIn(listed, String(number));
    const stages = number === current ? [currentStage] : number === previous ? [previousStage] : [];
    const version = entry && versionInfo(entry, number, { stages, nowMs });
    if (version === undefined) return undefined;
    versions.push(version);
  }
  return { versions, current, custom: customMetadata(data), createdAt, updatedAt };
}

/** One version as the server describes it; `undefined` when that has not its form. */
export function versionInfo(
  entry: Members,
  number: number,
  known: { readonly stages: readonly string[]; readonly nowMs: number; readonly size?: number },
): NumberedVersion | undefined {
  const createdAt = timeIn(entry, 'created_time');
  if (createdAt === undefined || !Number.isSafeInteger(number) || number < 1) return undefined;
  const { stages, nowMs, size } = known;
  return { number, id: String(number), createdAt, state: stateOf(entry, nowMs), stages, size };
}

/** A time of deletion may lie ahead: the entry is set to be deleted by itself. */
function stateOf(entry: Members, nowMs: number): VersionState {
  if (entry.get('destroyed')?.text === 'true') return 'destroyed';
  const deletedAt = timeIn(entry, 'deletion_time');
  return deletedAt === undefined || deletedAt.getTime() > nowMs ? 'live' : 'deleted';
}

/** What the owner noted about the entry; empty where there is nothing. */
export function customMetadata(metadata: Members): Readonly<Record<string, string>> {
  const noted = [...(objectIn(metadata, 'custom_metadata') ?? new Map())];
  return Object.fromEntries(noted.map(([name, { text }]) => [name, text]));
}

function timeIn(members: Members, name: string): Date | undefined {
  const time = new Date(textIn(members, name) ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}
