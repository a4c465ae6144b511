import { takeSignals } from '../../host/child-process.js';
import type { Command } from '../command.js';
import { collectValues, noteCollected } from '../run/collect-values.js';
import { createLauncher, type LaunchedProgram } from '../run/launcher.js';
import { planOf } from '../run/run-plan.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'run',
    summary: 'Start a program with its secrets in the environment',
    usage: '<program> [arguments...]',
    passThrough: true,
    description: [
      'Every secret of the inventory is read through the chain and given to the program under its environment name; with',
      '--path, everything at or below that path. Variables that hold a reference (keyward://path#field), also those of',
      '.env files, get the value that it names. A name that the environment has already is kept as it is, and said;',
      '--override lets the secret win. The program takes our place: exit status, signals and terminal are its own. The',
      'store is closed before it starts, except with --watch. Your shell expands $NAME before keyward sees it: put the',
      'command in single quotes behind `sh -c`.',
    ],
    options: [
      {
        flags: '--path <path>',
        description: 'give what lies at or below this path, not the inventory; may be repeated',
        repeatable: true,
      },
      { flags: '--only <name>', description: 'give only this name; may be repeated', repeatable: true },
      { flags: '--override', description: 'secrets win over names that the environment has already' },
      { flags: '--pristine', description: 'start from a clean environment: HOME, PATH, LANG, TERM and the like' },
      { flags: '--keep <name>', description: 'with --pristine, keep this name too; may be repeated', repeatable: true },
      {
        flags: '--allow-name <name>',
        description: 'give this name although it can change how programs run; may be repeated',
        repeatable: true,
      },
      { flags: '--files', description: 'give files in memory, and their paths as NAME_FILE; removed at the end' },
      { flags: '--files-dir <folder>', description: 'as --files, in this folder, which may be on a disk' },
      { flags: '--redact', description: 'mask the values in what the program prints' },
      { flags: '--watch', description: 'restart the program when a value changes' },
      {
        flags: '--on-change <action>',
        description: 'with --watch: restart, or a signal to send instead, such as SIGHUP',
      },
      {
        flags: '--kill-after <duration>',
        description: 'with --watch: time to end at a restart before SIGKILL, 10s unless given',
      },
    ],
    examples: [
      { command: 'keyward run -- node bot.js', explanation: 'a program that only knows its environment' },
      { command: "keyward run -- sh -c 'echo $DATABASE_URL'", explanation: 'single quotes: the inner shell expands' },
      { command: 'keyward run --path exchange/binance -- node bot.js', explanation: 'without a keyward.yaml' },
      {
        command: 'keyward run --files --watch --on-change SIGHUP -- nginx',
        explanation: 'new values without a restart',
      },
    ],
    exitStatuses: {
      126: 'the program may not be executed',
      127: 'there is no such program',
      128: 'and more: 128 and the number of the signal that ended the program; any other status is its own',
    },
  },
  run: async (invocation) => {
    const plan = planOf(invocation);
    if (plan.watch !== undefined) {
      const { runWatched } = await import('../run/run-watched.js');
      return runWatched(invocation, plan, plan.watch);
    }
    const collected = await withWorkspace(invocation, (workspace) => collectValues(workspace, plan));
    noteCollected(invocation, collected);
    const launcher = await createLauncher(invocation, plan);
    try {
      return await runToEnd(() => launcher.start(collected.values));
    } finally {
      launcher.close();
    }
  },
};

export default command;

/** Runs the program in our place: it gets the signals that we get, at once. Answers its exit status. */
async function runToEnd(start: () => LaunchedProgram): Promise<number> {
  let program: LaunchedProgram | undefined;
  // Before it is started, so that no signal is lost in between.
  const leaveSignals = takeSignals((signal, isSentToChild) => {
    if (!isSentToChild) program?.kill(signal);
  });
  let status: number;
  try {
    program = start();
    status = await program.exited;
  } finally {
    leaveSignals();
  }
  await program.drained;
  return status;
}
