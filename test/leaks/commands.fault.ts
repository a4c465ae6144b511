import { afterAll } from 'vitest';
import { keepEvidence } from '../faults/full-run.js';
import { valueCanaries } from '../system/canaries.js';
import { failures } from './failures.js';
import { levels } from './scenario.js';
import { describeScenarios } from './scenario-suite.js';
import { scenarios } from './scenarios.js';

const all = { values: valueCanaries().length, failures: failures.length, failureLevels: levels.length };
const tally = describeScenarios(all);

afterAll(() => {
  const commands = Object.values(scenarios);
  keepEvidence(
    'leaks',
    'no canary is in what a command says or writes, but where it belongs: every command, option and failure',
    { ...all, commands: commands.length, scenarios: commands.flat().length, ...tally },
  );
});
