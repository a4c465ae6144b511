import { errorTable } from '../core/errors.js';
import { callDirectly } from '../host/file-calls.js';
import { processIo } from './io.js';
import { runCli } from './run-cli.js';

callDirectly();
const io = processIo();
// A reader that has seen enough (head, less) is no failure.
io.stdout.on('error', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});
// Holds until the command has answered: a program that just stops has not succeeded.
process.exitCode = errorTable.internal.exitCode;
void runCli(process.argv.slice(2), io).then((status) => {
  process.exitCode = status;
});
