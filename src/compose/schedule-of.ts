import { parseCron } from '../core/cron.js';
import { dateOf } from '../core/expiry.js';
import { baseOf, type Path } from '../core/path.js';
import type { RotationSchedule } from '../core/rotation-schedule.js';
import { parseRotationWindow } from '../core/rotation-window.js';
import type { RotateSettings, RotationDefaults } from './schedule-schema.js';

const dayMs = 86_400_000;

/** How often secrets with a rotator are rotated, when nobody says otherwise. */
const intervals = { exchange: 90 * dayMs, database: 30 * dayMs, token: 180 * dayMs, service: 90 * dayMs } as const;

const defaultJitter = 0.1;

interface Scheduled {
  readonly path: Path;
  /** Name of what rotates it; without one nothing is done by itself. */
  readonly driver: string | undefined;
  readonly rotate: RotateSettings | undefined;
}

/**
 * The schedules of a file. What a secret leaves open is said by its class, then by `all`; a rotator without a schedule
 * gets that of its class.
 */
export function schedules(defaults: RotationDefaults = {}): (secret: Scheduled) => RotationSchedule | undefined {
  // Many have the same, and who computes times for many keeps them.
  const crons = memo(parseCron);
  const windows = memo(parseRotationWindow);
  return ({ path, driver, rotate }) => {
    if (rotate === 'never' || (rotate === undefined && driver === undefined)) return undefined;
    const kind = classOf(path, driver);
    const ofClass = driver === undefined ? undefined : defaults[kind];
    if (rotate === undefined && ofClass === 'never') return undefined;
    const settings = { ...defaults.all, ...(ofClass === 'never' ? {} : ofClass), ...rotate };
    const { every = intervals[kind], window, jitter, paused } = settings;
    const isCron = typeof every === 'string';
    return {
      every: isCron ? crons(every) : every,
      window: window === undefined || isCron ? undefined : windows(window),
      jitter: jitter ?? (isCron || driver === undefined ? 0 : defaultJitter),
      paused: typeof paused === 'string' ? dateOf(paused)?.getTime() : paused || undefined,
    };
  };
}

const databases: readonly (string | undefined)[] = ['postgres', 'redis'];

function classOf(path: Path, driver: string | undefined): keyof typeof intervals {
  if (path.startsWith('exchange/')) return 'exchange';
  if (databases.includes(driver)) return 'database';
  return /token$/.test(baseOf(path)) ? 'token' : 'service';
}

function memo<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text) ?? parse(text);
    known.set(text, found);
    return found;
  };
}
