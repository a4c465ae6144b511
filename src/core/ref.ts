import { KeywardError } from './errors.js';
import { type Path, parsePath, quoted } from './path.js';
import type { VersionInfo } from './version.js';

/** Which version of a secret: its number, its id (32 hex digits or a UUID), or a stage. */
export type VersionSelector =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'stage'; readonly stage: string };

/** What a reader asks for: `path[#field][@version]`. Without a version, the stage `current`. */
export interface Ref {
  readonly path: Path;
  readonly field?: string | undefined;
  readonly version?: VersionSelector | undefined;
}

export const currentStage = 'current';
export const previousStage = 'previous';
export const pendingStage = 'pending';

const stagePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const idPattern = /^(?:[0-9a-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$/;
const maxFieldLength = 256;

/** What names exactly this version. */
export function selectorOf({ number, id }: Pick<VersionInfo, 'number' | 'id'>): VersionSelector {
  return number === undefined ? { kind: 'id', id } : { kind: 'number', number };
}

/** Whether it is the version that the selector means; some stores have ids that read like a stage. */
export function isSelected({ number, id, stages }: VersionInfo, selector: VersionSelector): boolean {
  if (selector.kind === 'number') return number === selector.number;
  if (selector.kind === 'id') return id === selector.id;
  return stages.includes(selector.stage) || id === selector.stage;
}

/** @throws KeywardError `invalid` */
export function parseStage(text: string): string {
  if (!stagePattern.test(text) || idPattern.test(text)) {
    throw new KeywardError('invalid', `${quoted(text)} is not a stage name`, {
      advice: 'Use a letter, then up to 63 letters, digits, dots, dashes or underscores (no 32 hex digits, no UUID).',
    });
  }
  return text;
}

/** @throws KeywardError `invalid` */
export function parseVersion(text: string): VersionSelector {
  if (/^[1-9][0-9]{0,14}$/.test(text)) return { kind: 'number', number: Number(text) };
  if (idPattern.test(text)) return { kind: 'id', id: text };
  if (/^[0-9]/.test(text)) throw new KeywardError('invalid', `${quoted(text)} is not a version number or id`);
  return { kind: 'stage', stage: parseStage(text) };
}

export function formatVersion(version: VersionSelector): string {
  if (version.kind === 'number') return String(version.number);
  return version.kind === 'id' ? version.id : version.stage;
}

/**
 * Reads `path[#field][@version]`. A literal `@` in the path or field is written `%40`, and `%` and `#` in a field are
 * `%25` and `%23`; no other escape exists, so each ref has exactly one spelling.
 *
 * @throws KeywardError `invalid`
 */
export function parseRef(text: string): Ref {
  const at = text.indexOf('@');
  const beforeVersion = at < 0 ? text : text.slice(0, at);
  const version = at < 0 ? undefined : parseVersion(text.slice(at + 1));
  const hash = beforeVersion.indexOf('#');
  const rawPath = hash < 0 ? beforeVersion : beforeVersion.slice(0, hash);
  const path = parsePath(rawPath.replaceAll('%40', '@'));
  const field = hash < 0 ? undefined : decodeField(beforeVersion.slice(hash + 1), text);
  return { path, field, version };
}

export function formatRef(ref: Ref): string {
  const path = ref.path.replaceAll('@', '%40');
  const field =
    ref.field === undefined ? '' : `#${ref.field.replaceAll('%', '%25').replaceAll('@', '%40').replaceAll('#', '%23')}`;
  const version = ref.version === undefined ? '' : `@${formatVersion(ref.version)}`;
  return `${path}${field}${version}`;
}

/** @throws KeywardError `invalid` when the text cannot name a field (empty, over 256 characters, control characters). */
export function parseField(field: string): string {
  const isPrintable = !/\p{Cc}/u.test(field) && field.isWellFormed();
  if (field.length === 0 || field.length > maxFieldLength || !isPrintable) {
    throw new KeywardError('invalid', `${quoted(field)} is not a valid field name`, {
      advice: `Use 1 to ${maxFieldLength} characters without control characters.`,
    });
  }
  return field;
}

function decodeField(raw: string, whole: string): string {
  if (raw.includes('#') || /%(?!25|40|23)/.test(raw)) {
    throw new KeywardError('invalid', `${quoted(whole)} has a badly escaped field`, {
      advice: 'In a field write %23 for #, %40 for @ and %25 for %.',
    });
  }
  return parseField(raw.replaceAll('%23', '#').replaceAll('%40', '@').replaceAll('%25', '%'));
}
