import { isMainThread } from 'node:worker_threads';
import { enterProgram } from './compose/enter-program.js';

// A worker thread has the environment that its parent gave it.
if (isMainThread) await enterProgram();
