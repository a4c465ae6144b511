import { errorTable } from '../core/errors.js';
import { callDirectly } from '../host/file-calls.js';
import { processIo } from './io.js';
import { runCli } from './run-cli.js';

callDirectly();
// Holds until the command has answered: a program that just stops has not succeeded.
process.exitCode = errorTable.internal.exitCode;
const io = processIo();
void runCli(process.argv.slice(2), io).then((status) => {
  process.exitCode = status;
  // All that is left is to take the program apart, which takes longer than to end it.
  if (io.isWritten()) process.exit();
});
