import { describeNetworked } from './networked-suite.js';

describeNetworked({ calls: 1, levels: 1 });
