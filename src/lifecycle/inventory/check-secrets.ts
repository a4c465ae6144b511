import { type ErrorCode, isKeywardError, type KeywardError } from '../../core/errors.js';
import { expiryOf } from '../../core/expiry.js';
import type { Finding } from '../../core/finding.js';
import { type Inventory, type InventoryEntry, refsOf } from '../../core/inventory.js';
import { baseOf, type Path } from '../../core/path.js';
import type { Provider } from '../../core/provider.js';
import { formatRef, type Ref } from '../../core/ref.js';
import { lastRotatedOf, type RotationDue, rotationDue, warningMs } from '../../core/rotation-due.js';
import type { Secret } from '../../core/secret.js';
import type { SecretDescription } from '../../core/version.js';
import { valueFindings as slipsOf } from '../doctor/value-findings.js';
import { eachOf, transferConcurrency } from '../transfer/each-of.js';
import { endOfValue } from './end-of-value.js';
import { type KeyKind, keyKindOf, kindOfTestnet } from './key-kind.js';
import { valueProblem } from './value-problem.js';

/** One secret of the inventory, as it was found. Holds no value. */
export interface CheckedSecret {
  readonly path: Path;
  readonly owner?: string | undefined;
  readonly required: boolean;
  /** Whether every part of it could be read; not so `denied` and `unavailable`, which say nothing of its existence. */
  readonly state: 'present' | 'missing' | 'unreadable';
  /** When its rotation is due; `undefined` for one that is not to be rotated, or of which nobody knows when it was. */
  readonly rotationDueAt?: Date | undefined;
  readonly isOverdue: boolean;
  /** The first end among its metadata and its values. */
  readonly expiresAt?: Date | undefined;
  readonly findings: readonly Finding[];
}

export interface CheckOptions {
  /** What the chain answers for each name, with errors as values. */
  readonly getMany: (names: readonly string[]) => Promise<ReadonlyMap<string, Secret | KeywardError>>;
  /** The link of the chain with this name, as an origin names it; `undefined` for what is in no store. */
  readonly provider: (name: string) => Pick<Provider, 'describe' | 'capabilities'> | undefined;
  /** Which keys belong here. */
  readonly wanted: KeyKind | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

const link = 'guide/checking.md#what-is-checked';
/** So many names share the deadline of one call. */
const batchSize = 100;

/**
 * Reads everything that the inventory lists, through the chain, and says of each secret what is wrong with it. Findings
 * hold names, never values.
 *
 * @throws nothing that a store says: that is a finding.
 */
export async function checkSecrets(inventory: Inventory, options: CheckOptions): Promise<readonly CheckedSecret[]> {
  const entries = [...inventory.values()];
  const names = entries.flatMap(refsOf).map(formatRef);
  const answers = new Map<string, Secret | KeywardError>();
  for (let at = 0; at < names.length; at += batchSize) {
    for (const [name, answer] of await options.getMany(names.slice(at, at + batchSize))) answers.set(name, answer);
  }
  return eachOf(entries, transferConcurrency, (entry) => checkEntry(entry, answers, options));
}

interface Held {
  readonly ref: Ref;
  readonly value: Secret;
}

async function checkEntry(
  entry: InventoryEntry,
  answers: ReadonlyMap<string, Secret | KeywardError>,
  options: CheckOptions,
): Promise<CheckedSecret> {
  const { path, owner, required } = entry;
  const parts = refsOf(entry).map((ref) => ({ ref, answer: answers.get(formatRef(ref)) }));
  const failures = parts.flatMap(({ ref, answer }) => (isKeywardError(answer) ? [{ ref, error: answer }] : []));
  const values = parts.flatMap(({ ref, answer }) =>
    answer === undefined || isKeywardError(answer) ? [] : [{ ref, value: answer }],
  );
  const age = await ageOf(entry, values, options);
  const ends = [{ ref: { path }, at: age.expiresAt }, ...values.map(({ ref, value }) => ({ ref, at: endOf(value) }))];
  const expiresAt = earliest(ends.map(({ at }) => at));
  return {
    path,
    owner,
    required,
    state:
      failures.length === 0 ? 'present' : failures.every(({ error }) => isAbsent(error)) ? 'missing' : 'unreadable',
    rotationDueAt: age.rotationDueAt,
    isOverdue: age.isOverdue,
    expiresAt,
    findings: [
      ...failures.flatMap(({ ref, error }) => (isAbsent(error) && !required ? [] : [failureFinding(ref, error)])),
      ...values.flatMap(({ ref, value }) => valueFindings(entry, ref, value, options.wanted)),
      ...ends.flatMap(({ ref, at }) => endFindings(ref, at, options.nowMs)),
      ...age.findings,
    ],
  };
}

const absent: readonly ErrorCode[] = ['not_found', 'deleted'];

function isAbsent({ code }: KeywardError): boolean {
  return absent.includes(code);
}

function failureFinding(ref: Ref, { message, advice }: KeywardError): Finding {
  return { severity: 'error', where: formatRef(ref), cause: message, fix: advice, link };
}

function valueFindings(
  { form, fieldForms }: InventoryEntry,
  ref: Ref,
  value: Secret,
  wanted: KeyKind | undefined,
): readonly Finding[] {
  const where = formatRef(ref);
  const name = ref.field ?? baseOf(ref.path);
  const problem = valueProblem(value, name, ref.field === undefined ? form : fieldForms?.get(ref.field));
  const kind = value.kind === 'binary' ? undefined : kindOf(ref, name, value.expose());
  const isOfOtherKind = kind !== undefined && wanted !== undefined && kind !== wanted;
  return [
    ...slipsOf(where, value),
    ...(problem === undefined ? [] : [{ where, ...problem, link }]),
    ...(isOfOtherKind ? [kindFinding(where, kind)] : []),
  ];
}

function kindOf({ path }: Ref, name: string, text: string): KeyKind | undefined {
  const isTestnet = path.startsWith('exchange/') && (name === 'testnet' || name === 'sandbox');
  return isTestnet ? kindOfTestnet(text) : keyKindOf(text);
}

function kindFinding(where: string, kind: KeyKind): Finding {
  const [cause, fix] =
    kind === 'live'
      ? ['is for real, and this is a development environment', 'Put a key of the sandbox here.']
      : ['is for the sandbox, and this is production', 'Put the live key here.'];
  return { severity: 'error', where, cause, fix, link };
}

function endOf(value: Secret): Date | undefined {
  return value.kind === 'binary' ? undefined : endOfValue(value.expose());
}

function endFindings(ref: Ref, at: Date | undefined, nowMs: number): readonly Finding[] {
  if (at === undefined || at.getTime() - nowMs > warningMs) return [];
  const where = formatRef(ref);
  const day = dayOf(at);
  const fix = 'Replace it, and then: keyward set <path> --keep-value --expires <when>';
  return at.getTime() <= nowMs
    ? [{ severity: 'error', where, cause: `expired on ${day}`, fix, link }]
    : [{ severity: 'warning', where, cause: `expires on ${day}`, fix, link }];
}

interface Age {
  readonly expiresAt?: Date | undefined;
  readonly rotationDueAt?: Date | undefined;
  readonly isOverdue: boolean;
  readonly findings: readonly Finding[];
}

/** What the stores that gave the values know of their age: of several the oldest counts. */
async function ageOf(entry: InventoryEntry, values: readonly Held[], options: CheckOptions): Promise<Age> {
  const { path, rotate } = entry;
  const stores = [...new Set(values.map(({ value }) => value.origin?.provider ?? ''))];
  const known = await Promise.all(stores.map((name) => describeIn(options.provider(name), path)));
  const descriptions = known.flatMap((one) => (one === undefined || isKeywardError(one) ? [] : [one]));
  const expiresAt = earliest(descriptions.map(({ metadata }) => expiryOf(metadata)));
  if (rotate === undefined || values.length === 0) return { expiresAt, isOverdue: false, findings: [] };
  const rotations = descriptions.map((description) => lastRotatedOf(description, options.nowMs));
  const isKnown = descriptions.length === known.length && !rotations.includes(undefined);
  const due = rotationDue(rotate, isKnown ? earliest(rotations) : undefined, options.nowMs);
  const refusal = known.find((one) => isKeywardError(one));
  const sayers = `${stores.join(' and ')} can say${refusal === undefined ? '' : ` (${refusal.message})`}`;
  return {
    expiresAt,
    rotationDueAt: due.dueAt,
    isOverdue: due.state === 'overdue',
    findings: due.state === 'fresh' ? [] : [rotationFinding(entry, due, sayers)],
  };
}

function rotationFinding({ path, rotator }: InventoryEntry, { state, dueAt }: RotationDue, sayers: string): Finding {
  const isOverdue = state === 'overdue';
  const cause =
    dueAt === undefined
      ? `was never rotated, as far as ${sayers}`
      : `is to be rotated ${isOverdue ? 'since' : 'by'} ${dayOf(dueAt)}`;
  const fix =
    rotator === undefined
      ? 'Replace it, and note the day: keyward set <path> --meta last_rotated=<day>'
      : `Run: keyward rotate ${path}`;
  return { severity: isOverdue ? 'error' : 'warning', where: path, cause, fix, link };
}

async function describeIn(
  store: Pick<Provider, 'describe' | 'capabilities'> | undefined,
  path: Path,
): Promise<SecretDescription | KeywardError | undefined> {
  if (store?.capabilities.has('describe') !== true) return undefined;
  try {
    return await store.describe(path);
  } catch (error) {
    if (isKeywardError(error)) return error;
    throw error;
  }
}

function earliest(times: readonly (Date | undefined)[]): Date | undefined {
  const known = times.flatMap((time) => time?.getTime() ?? []);
  return known.length === 0 ? undefined : new Date(Math.min(...known));
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
