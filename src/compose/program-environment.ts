import { homedir } from 'node:os';
import { isOwnCredential } from '../core/injection-rules.js';
import { loadIntoEnv } from './load-into-env.js';
import { warnProcess } from './open-secrets.js';
import { openWorkspace } from './open-workspace.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What `keyward/auto` changes in the environment of its program. */
export interface EnvironmentChange {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Names the configuration whose values the environment holds, so that a program's own children do not load them again. */
const mark = 'KEYWARD_AUTO_LOADED';

/**
 * The change that gives a program, the process of this number, its secrets and takes Keyward's own credentials away. None when the environment comes
 * from a program that has done so for the same configuration. The stores are closed before the answer.
 *
 * @throws KeywardError as `loadIntoEnv`, and `config` when the configuration is wrong or not trusted.
 */
export async function programEnvironment(
  env: Environment,
  cwd: string,
  processId = process.pid,
): Promise<EnvironmentChange> {
  const home = env['HOME'] || homedir();
  const workspace = await openWorkspace({ cwd, env, home, role: 'library', processId, onFinding: warnProcess });
  try {
    const { file, environment } = workspace.config;
    const loaded = `${environment} ${file ?? ''}`;
    if (env[mark] === loaded) return { set: {}, remove: [] };
    const into = { ...env };
    const { set: names } = await loadIntoEnv(workspace, { into });
    const set = Object.fromEntries(names.map((name) => [name, into[name] ?? '']));
    return { set: { ...set, [mark]: loaded }, remove: Object.keys(env).filter(isOwnCredential) };
  } finally {
    await workspace.close();
  }
}
