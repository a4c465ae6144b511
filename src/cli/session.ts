import type { Workspace } from '../compose/workspace.js';
import { isKeywardError } from '../core/errors.js';
import type { Invocation } from './command.js';

export interface SessionOptions {
  /** One that was just typed, so that it is not asked for again. */
  readonly passphrase?: Uint8Array | undefined;
  /** Asks the stores with every read, instead of using again what was read before. */
  readonly readThrough?: boolean | undefined;
}

/**
 * Opens the workspace that the global options name, hands it to the body, and closes it whatever happens; the audit
 * log is signed at closing. A name that does not exist gets the nearest one that does as advice.
 */
export async function withWorkspace<T>(
  invocation: Invocation,
  body: (workspace: Workspace) => Promise<T>,
  { passphrase, readThrough }: SessionOptions = {},
): Promise<T> {
  const { openWorkspace } = await import('../compose/open-workspace.js');
  const { io, global, output } = invocation;
  const workspace = await openWorkspace({
    cwd: io.cwd,
    env: io.env,
    home: io.home,
    configFile: global.configFile,
    environment: global.environment,
    role: 'cli',
    readThrough,
    onFinding: (finding) => output.finding(finding),
    askSlotSecret: async (question) => {
      if (passphrase !== undefined) return passphrase;
      const { askHidden, canAsk } = await import('./prompt.js');
      return canAsk(io) ? askHidden(io, question) : undefined;
    },
  });
  try {
    return await body(workspace);
  } catch (error) {
    if (!isKeywardError(error, 'not_found')) throw error;
    const { withSuggestion } = await import('./suggest-path.js');
    throw await withSuggestion(error, workspace);
  } finally {
    await workspace.close();
  }
}
