import { isKeywardError, KeywardError, toKeywardError } from '../core/errors.js';
import type { Observer } from '../core/observer.js';
import { concat, lp, toBase64, toHex } from '../crypto/encoding.js';
import { publicRandomBytes } from '../crypto/random.js';
import type { OperationLog } from '../store/secrets/secret-store.js';
import { type Decision, decide } from './access/decide.js';
import type { Policies } from './access/policy.js';
import type { AuditClass, AuditEntry } from './audit/audit-log.js';
import type { Caller } from './caller.js';
import type {
  AccessTarget,
  ActContext,
  AdministrativeOperation,
  ChangeOperation,
  Operation,
  ReadOperation,
} from './operations/operation.js';

/**
 * The one place that authorises, audits and acts. In this order: the input is parsed, every target is decided, a refusal
 * is written to the log; a change writes its intent, acts, and writes its outcome; a read acts and writes its record before
 * the answer leaves. What cannot be recorded is not done.
 *
 * When only the outcome of a change cannot be recorded, the change was made and its result is answered; the finding
 * `committed, audit pending` goes to the observer, the process is told to seal, and everything after it is refused. The
 * next process to open the store closes the intent.
 */
export interface Door {
  /**
   * @throws KeywardError `invalid` for input that does not parse, `denied`, `sealed`, `unavailable` when the log cannot
   * be written, and what the operation itself throws.
   */
  perform<Input, Result>(caller: Caller, operation: Operation<Input, Result>, input: Input): Promise<Result>;
}

export interface DoorParts extends ActContext {
  readonly operations: OperationLog;
  readonly policies: Policies;
  /** Keyed hash of bytes under the store's fixed audit-mac key. */
  readonly mac: (bytes: Uint8Array) => Uint8Array;
  readonly observer: Observer;
  /** Told once, when a change could not be recorded to its end: whoever holds the store open has to seal it. */
  readonly onSealed: (reason: KeywardError) => void;
}

export function createDoor(parts: DoorParts): Door {
  return new GuardedDoor(parts);
}

class GuardedDoor implements Door {
  readonly #parts: DoorParts;
  #refusal: KeywardError | undefined;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  async perform<Input, Result>(caller: Caller, operation: Operation<Input, Result>, input: Input): Promise<Result> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const parsed = operation.parse(input);
    if (operation.kind === 'read') return this.#read(caller, operation, parsed);
    if (operation.kind === 'administer') return this.#administer(caller, operation, parsed);
    return this.#change(caller, operation, parsed);
  }

  async #read<Input, Result>(caller: Caller, operation: ReadOperation<Input, Result>, input: Input): Promise<Result> {
    const { audit } = this.#parts;
    const about = entryOf(caller, operation, input);
    const decision = await this.#authorise(caller, about, operation.targets(input));
    let result: Result;
    try {
      result = await operation.act(this.#parts, input);
    } catch (error) {
      const failure = toKeywardError(error, operation.name);
      const details = operation.auditDetails?.(input, undefined) ?? {};
      await audit.append({ ...about, kind: 'access', decision, outcome: failure.code, details }, operation.recorded);
      throw failure;
    }
    const outcome = result === undefined ? 'absent' : 'ok';
    const details = operation.auditDetails?.(input, result) ?? {};
    await audit.append({ ...about, kind: 'access', decision, outcome, details }, operation.recorded);
    return result;
  }

  async #administer<Input, Result>(
    caller: Caller,
    operation: AdministrativeOperation<Input, Result>,
    input: Input,
  ): Promise<Result> {
    const { audit } = this.#parts;
    const operationId = toHex(publicRandomBytes(16));
    const about = { ...entryOf(caller, operation, input), operationId };
    const decision = await this.#authorise(caller, about, operation.targets(input));
    const details = operation.auditDetails?.(input, undefined) ?? {};
    await audit.openIntent({ ...about, kind: 'intent', decision, details }, { operationId, shard: undefined });
    const record = (end: Pick<AuditEntry, 'outcome' | 'details'>) =>
      this.#closeIntent({ ...about, ...end }, operationId, 'synced');
    let result: Result;
    try {
      result = await operation.act(this.#parts, input);
    } catch (error) {
      const failure = toKeywardError(error, operation.name);
      await record({ outcome: failure.code, details });
      throw failure;
    }
    await record({ outcome: 'committed', details: operation.auditDetails?.(input, result) ?? {} });
    return result;
  }

  async #change<Input, Result>(
    caller: Caller,
    operation: ChangeOperation<Input, Result>,
    input: Input,
  ): Promise<Result> {
    const exists = await this.#exists(caller, operation, input);
    try {
      return await this.#attempt(caller, operation, input, exists);
    } catch (error) {
      // It was made in the meantime: changing it is another right, and decided anew.
      if (exists || !isKeywardError(error, 'conflict') || !(await this.#exists(caller, operation, input))) throw error;
      return this.#attempt(caller, operation, input, true);
    }
  }

  async #exists<Input, Result>(
    caller: Caller,
    operation: ChangeOperation<Input, Result>,
    input: Input,
  ): Promise<boolean> {
    if (operation.exists === undefined) return true;
    try {
      return await operation.exists(this.#parts, input);
    } catch (error) {
      const failure = toKeywardError(error, operation.name);
      const about = entryOf(caller, operation, input);
      await this.#parts.audit.append({ ...about, kind: 'access', outcome: failure.code, details: {} }, 'written');
      throw failure;
    }
  }

  async #attempt<Input, Result>(
    caller: Caller,
    operation: ChangeOperation<Input, Result>,
    input: Input,
    exists: boolean,
  ): Promise<Result> {
    const { audit, operations, mac } = this.#parts;
    const operationId = toHex(publicRandomBytes(16));
    const about = { ...entryOf(caller, operation, input), operationId };
    const decision = await this.#authorise(caller, about, operation.targets(input, exists));
    const shard = operations.shardOf(operation.shardBy(input));
    const details = { ...operation.auditDetails?.(input, undefined), ...this.#macsOf(operation, input) };
    const requestMac = mac(concat(lp(operation.name), lp(caller.principal), lp(canonical(input))));
    await audit.openIntent({ ...about, kind: 'intent', decision, details }, { operationId, shard });

    let result: Result;
    try {
      const change = { operationId, actor: caller.principal, requestMac };
      result = await operation.act(this.#parts, input, change, exists);
    } catch (error) {
      throw await this.#settleFailure(about, toKeywardError(error, operation.name), operationId, shard);
    }
    const outcome = { ...about, outcome: 'committed', details: operation.auditDetails?.(input, result) ?? {} } as const;
    await this.#closeIntent(outcome, operationId, 'written');
    return result;
  }

  /** @throws KeywardError `denied` after the refusal was recorded. */
  async #authorise(caller: Caller, about: EntryBase, targets: readonly AccessTarget[]): Promise<Decision> {
    const policies = caller.policies.flatMap((name) => this.#parts.policies.get(name) ?? []);
    const decisions = targets.map((target) => decide(policies, target));
    const refused = decisions.length === 0 ? { allowed: false, rule: 'none' } : decisions.find((one) => !one.allowed);
    if (refused === undefined) {
      return { allowed: true, rule: [...new Set(decisions.map((one) => one.rule))].join('; ') };
    }
    const { operationId: _, ...entry } = about;
    await this.#parts.audit.append(
      { ...entry, kind: 'access', decision: refused, outcome: 'denied', details: {} },
      'written',
    );
    const where = about.path === undefined ? '' : ` on ${about.path || 'the root'}`;
    throw new KeywardError('denied', `${caller.principal} is not allowed ${about.operation}${where}`, {
      path: about.path,
    });
  }

  /** Finds out what became of a change that failed, records it, and answers the error to throw. */
  async #settleFailure(
    about: EntryBase,
    failure: KeywardError,
    operationId: string,
    shard: number,
  ): Promise<KeywardError> {
    const made = changedNothing.has(failure.code) ? 'aborted' : await this.#closeOperation(operationId, shard);
    // The intent stays open: only the next process to open the store can tell.
    if (made === undefined) return failure;
    const outcome = made === 'committed' ? 'committed' : 'not_committed';
    await this.#closeIntent({ ...about, outcome, details: { error: failure.code } }, operationId, 'written');
    if (made === 'aborted') return failure;
    return new KeywardError('unavailable', 'the change was made, but its result was lost', {
      path: about.path,
      advice: 'Read the current state; do not repeat the change.',
      cause: failure,
    });
  }

  async #closeOperation(operationId: string, shard: number) {
    try {
      return await this.#parts.operations.close(operationId, shard);
    } catch {
      return undefined;
    }
  }

  #closeIntent(entry: Omit<AuditEntry, 'kind'>, operationId: string, durability: AuditClass): Promise<void> {
    return this.#recordOutcome(entry, () =>
      this.#parts.audit.closeIntent({ ...entry, kind: 'outcome' }, operationId, durability),
    );
  }

  async #recordOutcome({ outcome }: Pick<AuditEntry, 'outcome'>, record: () => Promise<void>): Promise<void> {
    try {
      await record();
    } catch (error) {
      const cause = toKeywardError(error, 'writing the audit log');
      const isMade = outcome === 'committed';
      this.#refusal ??= new KeywardError(
        'unavailable',
        `the outcome of an earlier change could not be recorded: ${cause.message}`,
        { advice: 'Nothing more is done until the store is opened again.', cause },
      );
      this.#parts.observer.finding({
        severity: 'error',
        where: 'audit log',
        cause: `${isMade ? 'committed, audit pending' : 'not committed, audit pending'}: ${cause.message}`,
        fix: 'Repair what the message names, then open the store again: that completes the log.',
      });
      this.#parts.onSealed(this.#refusal);
    }
  }

  #macsOf<Input, Result>(operation: ChangeOperation<Input, Result>, input: Input): Record<string, string> {
    const values = operation.auditValues?.(input) ?? new Map<string, Uint8Array>();
    return Object.fromEntries([...values].map(([name, bytes]) => [`mac:${name}`, toHex(this.#parts.mac(bytes))]));
  }
}

type EntryBase = Pick<AuditEntry, 'actor' | 'source' | 'operation' | 'path' | 'operationId'>;

/** The codes with which a store refuses before it changes anything; after any other it is asked what became of it. */
const changedNothing: ReadonlySet<string> = new Set([
  'not_found',
  'deleted',
  'denied',
  'conflict',
  'invalid',
  'too_large',
  'unsupported',
]);

function entryOf<Input, Result>(caller: Caller, operation: Operation<Input, Result>, input: Input): EntryBase {
  return {
    actor: caller.principal,
    source: caller.source,
    operation: operation.name,
    path: operation.auditPath?.(input),
  };
}

/** One text for one parsed input. */
function canonical(input: unknown): string {
  return JSON.stringify(input, (_, value: unknown) => (value instanceof Uint8Array ? toBase64(value) : value));
}
