import type { KeyUse } from './key-use.js';
import type { AccessRecord } from './observer.js';

/** Least severe first. */
export const accessLevels = ['info', 'warn', 'error'] as const;

export type AccessLevel = (typeof accessLevels)[number];

interface EntryBase {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: AccessLevel;
  /** On whose behalf: the service that the configuration names, else the user of the operating system. */
  readonly principal: string;
  /** Id of the process. */
  readonly process: number;
  readonly project?: string | undefined;
  readonly environment: string;
}

/** A read of a secret from any store, or as often as `count` says of what was remembered of one. */
export interface SecretAccess extends EntryBase, AccessRecord {
  readonly event: 'access';
  /** How many reads within 100 ms this stands for: more than one only for what was answered from memory. */
  readonly count: number;
}

/** A call of an outside service that the application reported. */
export interface ServiceCall extends EntryBase {
  readonly event: 'api_call';
  readonly service: string;
  readonly endpoint: string;
  readonly success: boolean;
  readonly error?: string | undefined;
}

/** A key that clients of the application presented, `count` times within 10 s from `time` on. */
export interface KeyUses extends EntryBase, KeyUse {
  readonly event: 'key_use';
  readonly count: number;
}

/** Entries before this one that could not be handed over. */
export interface LostEntries extends EntryBase {
  readonly event: 'lost';
  readonly count: number;
}

/** One entry of the access log, as its sinks write it. Names and numbers, never values. */
export type AccessEntry = SecretAccess | ServiceCall | KeyUses | LostEntries;
