import { librarySinks } from './library-sinks.js';
import { memorySinks } from './memory-sinks.js';
import { gatherings } from './process-sinks.js';
import { redactionSinks } from './redaction-sinks.js';
import type { Sink } from './sink.js';
import { spellingSinks } from './spelling-sinks.js';

/** Everything that is searched, each with a leak of its own that a test puts there and finds. */
export const allSinks: readonly Sink[] = [
  ...gatherings.flatMap(({ sinks }) => sinks),
  ...spellingSinks,
  ...librarySinks,
  ...redactionSinks,
  ...memorySinks,
];
