import { afterAll } from 'vitest';
import { keepEvidence } from '../faults/full-run.js';
import { networkedFaults } from './networked-faults.js';
import { kinds } from './networked-place.js';
import { describeNetworked, networkedCalls } from './networked-suite.js';
import { levels } from './scenario.js';

const all = { calls: networkedCalls.length, levels: levels.length };
const tally = describeNetworked(all);

afterAll(() => {
  keepEvidence(
    'leaks-networked',
    'no value and no credential is in what a command says or writes, whatever a store answers: every kind, call and fault',
    { kinds: kinds.length, faults: networkedFaults.length, ...all, ...tally },
  );
});
