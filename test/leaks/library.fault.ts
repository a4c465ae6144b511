import { failures } from './failures.js';
import { describeLibrary } from './library-suite.js';

describeLibrary({ values: 3, failures: failures.length, callsInFailures: 99 });
