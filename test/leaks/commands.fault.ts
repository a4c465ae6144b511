import { describeScenarios } from './scenario-suite.js';

describeScenarios({ values: 13, failures: 99 });
