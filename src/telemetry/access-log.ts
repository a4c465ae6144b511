import {
  type AccessEntry,
  type AccessLevel,
  accessLevels,
  type KeyUses,
  type SecretAccess,
} from '../core/access-entry.js';
import { type ApiCall, checkedApiCall, maxEndpointLength } from '../core/api-call.js';
import type { Clock } from '../core/clock.js';
import type { Finding } from '../core/finding.js';
import type { KeyUse } from '../core/key-use.js';
import type { AccessRecord, Observer } from '../core/observer.js';
import type { Secret } from '../core/secret.js';
import { createLogRedactor, type LogRedactor } from '../redaction/log-redactor.js';
import type { AccessSink } from './access-sink.js';
import { SinkQueue } from './sink-queue.js';

/** How long an entry waits to be written together with others. */
export const gatherMs = 100;
/** How long presented keys are counted before the counts are written. */
export const countMs = 10_000;
/** Different ones that are counted at a time. */
const maxCounted = 10_000;
const maxErrorLength = 500;
const maxRedactedLength = 64 * 1024;
const warned: ReadonlySet<AccessRecord['outcome']> = new Set(['deleted', 'unavailable', 'throttled', 'timeout']);

export interface AccessLogOptions {
  readonly sinks: readonly AccessSink[];
  /** The least severe entries that are kept. */
  readonly level: AccessLevel;
  /** What every entry says of this process. */
  readonly about: Pick<AccessEntry, 'principal' | 'process' | 'project' | 'environment'>;
  /** The values that were given out: they are masked in what the application reports. */
  readonly known: () => Iterable<Secret>;
  readonly clock: Clock;
  readonly onFinding: (finding: Finding) => void;
}

type Counted<Entry> = { -readonly [Key in keyof Entry]: Entry[Key] };

/**
 * Who read what, where and with which outcome, and which services were called. Nothing here waits for a sink: entries
 * are gathered for 100 ms and handed over together, so a process that is killed loses what it gathered.
 */
export class AccessLog implements Pick<Observer, 'access'> {
  readonly #options: AccessLogOptions;
  readonly #queues: readonly SinkQueue[];
  readonly #redactor: LogRedactor;
  #gathered: AccessEntry[] = [];
  /** The entries of this round that stand for what was answered from memory. */
  #remembered = new Map<string, Counted<SecretAccess>>();
  #counted = new Map<string, Counted<KeyUses>>();
  readonly #least: number;
  #isWaiting = false;

  constructor(options: AccessLogOptions) {
    const { sinks, clock, onFinding } = options;
    this.#options = options;
    this.#least = accessLevels.indexOf(options.level);
    this.#redactor = createLogRedactor({ values: options.known });
    this.#queues = sinks.map(
      (sink) =>
        new SinkQueue({
          sink,
          clock,
          lostEntry: (count) => ({ event: 'lost', ...this.#about('warn'), count }),
          onFailure: (where, { message, advice }) =>
            onFinding({ severity: 'warning', where, cause: `the access log was not written: ${message}`, fix: advice }),
        }),
    );
  }

  access(record: AccessRecord): void {
    const { path, provider, version, degraded } = record;
    const known = record.cached ? this.#remembered.get(path) : undefined;
    if (
      known !== undefined &&
      known.provider === provider &&
      known.version === version &&
      known.degraded === degraded
    ) {
      known.count += 1;
      return;
    }
    const level = levelOf(record);
    if (!this.#isKept(level)) return;
    const durationMs = Math.round(record.durationMs * 1000) / 1000;
    const entry: SecretAccess = { event: 'access', ...this.#about(level), ...record, durationMs, count: 1 };
    if (record.cached) this.#remembered.set(path, entry);
    this.#gather(entry);
  }

  /** @throws KeywardError `invalid`, quoting nothing of the call. */
  apiCall(call: ApiCall): void {
    const { service, endpoint, success, error } = checkedApiCall(call);
    const level = success ? 'info' : 'warn';
    if (!this.#isKept(level)) return;
    this.#gather({
      event: 'api_call',
      ...this.#about(level),
      service,
      endpoint: this.#redactor.redactText(endpoint).slice(0, maxEndpointLength),
      success,
      error: error === undefined ? undefined : this.#errorText(error),
    });
  }

  /** Counts a presented key; what is counted is written every 10 s. */
  keyUse({ path, provider, version, answer }: KeyUse): void {
    const key = JSON.stringify([path, provider, version, answer]);
    const known = this.#counted.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const level = answer === 'accepted' ? 'info' : 'warn';
    if (!this.#isKept(level)) return;
    if (this.#counted.size >= maxCounted) void this.flush();
    if (this.#counted.size === 0) this.#options.clock.after(countMs, () => void this.flush(), { background: true });
    this.#counted.set(key, { event: 'key_use', ...this.#about(level), path, provider, version, answer, count: 1 });
  }

  /** Hands over what was gathered and counted. Never throws. */
  async flush(): Promise<void> {
    this.#hand();
    await this.#send();
  }

  /** The same for a process that exits now: only what sinks take at once gets there. */
  flushAtExit(): void {
    this.#hand();
    for (const queue of this.#queues) queue.sendAtExit();
  }

  /** Hands over what was gathered, for at most five seconds, and closes the sinks. Never throws. */
  async close(): Promise<void> {
    this.#hand();
    for (const [index, lost] of (await Promise.all(this.#queues.map((queue) => queue.close()))).entries()) {
      if (lost === 0) continue;
      this.#options.onFinding({
        severity: 'warning',
        where: this.#options.sinks[index]?.name ?? '',
        cause: `${lost} entries of the access log were lost`,
        fix: 'See why it could not be written to.',
      });
    }
  }

  #gather(entry: AccessEntry): void {
    this.#gathered.push(entry);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#options.clock.after(gatherMs, () => void this.#send(), { background: true });
  }

  async #send(): Promise<void> {
    this.#handGathered();
    await Promise.all(this.#queues.map((queue) => queue.send()));
  }

  #hand(): void {
    this.#gathered.push(...this.#counted.values());
    this.#counted.clear();
    this.#handGathered();
  }

  #handGathered(): void {
    const entries = this.#gathered;
    this.#gathered = [];
    this.#remembered.clear();
    this.#isWaiting = false;
    for (const queue of this.#queues) queue.add(entries);
  }

  #about(level: AccessLevel) {
    const { clock, about } = this.#options;
    return { time: new Date(clock.now()).toISOString(), level, ...about };
  }

  #isKept(level: AccessLevel): boolean {
    return accessLevels.indexOf(level) >= this.#least;
  }

  #errorText(error: unknown): string {
    const text = textOf(error);
    if (text.length > maxRedactedLength) return `an error text of ${text.length} characters`;
    const masked = this.#redactor.redactJson(text).replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ');
    return masked.length <= maxErrorLength ? masked : `${masked.slice(0, maxErrorLength)}…`;
  }
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return 'an error that has no text';
  }
}

function levelOf({ outcome, degraded }: AccessRecord): AccessLevel {
  if (outcome === 'found' || outcome === 'absent') return degraded ? 'warn' : 'info';
  return warned.has(outcome) ? 'warn' : 'error';
}
