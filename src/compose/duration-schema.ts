import * as v from 'valibot';
import { parseDuration } from '../core/duration.js';

/** A duration as it is written, read as milliseconds. */
export const duration = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return parseDuration(dataset.value);
    } catch {
      addIssue({ message: 'a duration such as 300s, 15m, 1h or 90d' });
      return NEVER;
    }
  }),
);
