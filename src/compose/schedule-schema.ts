import * as v from 'valibot';
import { parseCron } from '../core/cron.js';
import { isKeywardError } from '../core/errors.js';
import { dateOf } from '../core/expiry.js';
import { parseRotationWindow } from '../core/rotation-window.js';
import { duration } from './duration-schema.js';

const read = (parse: (text: string) => unknown, form: string) =>
  v.pipe(
    v.string(),
    v.check((text) => {
      try {
        return parse(text) !== undefined;
      } catch (error) {
        if (isKeywardError(error, 'invalid')) return false;
        throw error;
      }
    }, form),
  );

const interval = v.pipe(
  duration,
  v.check((everyMs) => everyMs >= 60_000, 'at least a minute'),
);
const cron = read(parseCron, 'times such as "0 3 1 * * Europe/Berlin"');
const every = v.union([interval, cron], 'an interval such as 90d, or times such as "0 3 1 * * Europe/Berlin"');

/** A schedule in full, `every` or not. */
const settings = v.strictObject({
  every: v.optional(every),
  window: v.optional(read(parseRotationWindow, 'times of the day such as "mon-fri 02:00-05:00 Europe/Berlin"')),
  jitter: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^(?:[0-9]|[1-4][0-9]|50)%$/, 'a share of the interval, from 0% to 50%'),
      v.transform((text) => Number.parseInt(text, 10) / 100),
    ),
  ),
  paused: v.optional(v.union([v.boolean(), read(dateOf, 'a day')], 'true, or until when: 2027-01-31')),
});

/** `rotate:` of a secret. */
export const rotateSchema = v.union(
  [
    v.literal('never'),
    v.pipe(
      every,
      v.transform((when): Settings => ({ every: when })),
    ),
    v.pipe(
      settings,
      v.check(({ every, window }) => typeof every !== 'string' || window === undefined, '`window` is of an interval'),
    ),
  ],
  'an interval such as 90d, times such as "0 3 1 * * Europe/Berlin", never, or { every: 90d, window: "02:00-05:00" }',
);

const ofClass = v.optional(rotateSchema);

/** `rotation:` of the file: what secrets with a rotator have without a schedule of their own. */
export const rotationSchema = v.strictObject({
  all: v.optional(v.omit(settings, ['every'])),
  exchange: ofClass,
  database: ofClass,
  token: ofClass,
  service: ofClass,
});

type Settings = v.InferOutput<typeof settings>;

export type RotateSettings = v.InferOutput<typeof rotateSchema>;

export type RotationDefaults = v.InferOutput<typeof rotationSchema>;
