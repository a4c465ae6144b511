import { createHash } from 'node:crypto';
import type { RecordsClient } from '../../core/client.js';
import type { Clock } from '../../core/clock.js';
import { isKeywardError, toKeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { Notification, Notifier } from '../../core/notification.js';
import type { Channel } from './channels/channel.js';

export interface NotifierParts {
  /** By their names. */
  readonly channels: ReadonlyMap<string, Channel>;
  /** What people are told of; everything else is left out. */
  readonly kinds: ReadonlySet<Notification['kind']>;
  /** After so long a state that goes on is told of again. */
  readonly repeatMs: number;
  /** What was told is noted here. */
  readonly records: RecordsClient;
  readonly clock: Clock;
  readonly onFinding: (finding: Finding) => void;
}

/** What was told last by one channel of one secret. */
interface Told {
  readonly key: string;
  /** How often it was tried since it last arrived. */
  readonly attempts: number;
  /** From when on the same may be told again; never when absent. */
  readonly againAtMs?: number | undefined;
}

const firstPauseMs = 60_000;
const longestPauseMs = 3_600_000;

/** What happened once, as opposed to a state that lasts. */
const isEvent: ReadonlySet<Notification['kind']> = new Set(['rotation-done', 'incident']);

/**
 * Tells people by every channel, each of which gets a notification once for its key, and again after `repeatMs`. It is
 * noted before it is sent, so that of two processes one sends it. One that could not be delivered is a finding, and is
 * tried again when it is handed in again, after a pause that grows to an hour.
 */
export function createNotifier(parts: NotifierParts): Notifier {
  return {
    async notify(notification) {
      if (!parts.kinds.has(notification.kind)) return;
      await Promise.all([...parts.channels].map(([name, channel]) => tell(parts, notification, name, channel)));
    },
  };
}

async function tell(parts: NotifierParts, notification: Notification, name: string, channel: Channel): Promise<void> {
  const { records, repeatMs, clock } = parts;
  const record = recordOf(notification, name);
  const { key } = notification;
  try {
    const found = await records.get(record);
    const told = found && decode(found.bytes);
    const isSame = told?.key === key;
    const now = clock.now();
    if (isSame && !isTime(told, now, repeatMs)) return;
    const attempts = isSame ? told.attempts + 1 : 1;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempts - 1));
    const trying = encode({ key, attempts, againAtMs: now + pauseMs });
    const revision = await records.put(record, trying, { ifRevision: found?.revision ?? 0 });
    await channel.send(notification);
    const againAtMs = isEvent.has(notification.kind) ? undefined : now + repeatMs;
    await records.put(record, encode({ key, attempts: 0, againAtMs }), { ifRevision: revision });
  } catch (error) {
    // Another process tells it.
    if (isKeywardError(error, 'conflict')) return;
    const { message, advice } = toKeywardError(error, `telling people by ${name}`);
    parts.onFinding({ severity: 'warning', where: `notifications.${name}`, cause: message, fix: advice });
  }
}

/** A time that is later than any that could have been noted is of a clock that was wrong. */
function isTime({ againAtMs }: Told, now: number, repeatMs: number): boolean {
  return againAtMs !== undefined && (againAtMs <= now || againAtMs > now + Math.max(repeatMs, longestPauseMs));
}

/** One for each channel, secret and kind; what is about several secrets has one of its own. */
function recordOf({ project, environment, kind, path, key }: Notification, channel: string): string {
  const identity = JSON.stringify([project ?? null, environment, channel, kind, path ?? null, path ?? key]);
  return `notification/${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`;
}

function encode(told: Told): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(told));
}

function decode(bytes: Uint8Array): Told {
  return JSON.parse(new TextDecoder().decode(bytes));
}
