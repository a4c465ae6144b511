import type { Workspace } from '../compose/workspace.js';
import { isKeywardError } from '../core/errors.js';
import type { Ref } from '../core/ref.js';
import { userFolders } from '../host/folders.js';
import type { Invocation } from './command.js';
import { keptConfigs } from './kept-configs.js';

export interface SessionOptions {
  /** One that was just typed, so that it is not asked for again. */
  readonly passphrase?: Uint8Array | undefined;
  /** Asks the stores with every read, instead of using again what was read before. */
  readonly readThrough?: boolean | undefined;
  /** What the person asked for, so that a field of it can be suggested. */
  readonly asked?: Ref | undefined;
}

/** What was typed in the course of a command, by its question: a command that opens a store again asks once. */
const typed = new WeakMap<Invocation, Map<string, Uint8Array | undefined>>();

/** Opens the workspace that the global options name; the caller closes it, by which the audit log is signed. */
export async function openSession(
  invocation: Invocation,
  { passphrase, readThrough }: SessionOptions = {},
): Promise<Workspace> {
  const { openWorkspace } = await import('../compose/open-workspace.js');
  const { io, global, output } = invocation;
  const { cache } = userFolders(io.env, io.home);
  const answers = typed.get(invocation) ?? new Map();
  typed.set(invocation, answers);
  return openWorkspace({
    cwd: io.cwd,
    env: io.env,
    home: io.home,
    configFile: global.configFile,
    environment: global.environment,
    role: 'cli',
    keptConfigs: cache === undefined ? undefined : keptConfigs(cache),
    readThrough,
    onFinding: (finding) => output.finding(finding),
    output: {
      name: 'standard error',
      get stream() {
        return io.stderr;
      },
    },
    askSlotSecret: async (question) => {
      if (passphrase !== undefined) return passphrase;
      if (answers.has(question)) return answers.get(question);
      const { askHidden, canAsk } = await import('./prompt.js');
      if (!canAsk(io)) return undefined;
      const answer = await askHidden(io, question);
      answers.set(question, answer);
      return answer;
    },
  });
}

/**
 * As `openSession`, hands the workspace to the body, and closes it whatever happens. A name that does not exist gets the
 * nearest one that does as advice.
 */
export async function withWorkspace<T>(
  invocation: Invocation,
  body: (workspace: Workspace) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
  const workspace = await openSession(invocation, options);
  try {
    return await body(workspace);
  } catch (error) {
    if (!isKeywardError(error, 'not_found')) throw error;
    const { withSuggestion } = await import('./suggest-path.js');
    throw await withSuggestion(error, workspace, options.asked);
  } finally {
    await workspace.close();
  }
}
