const { spawnSync } = process.getBuiltinModule('node:child_process');
const { join } = process.getBuiltinModule('node:path');
const { isMainThread } = process.getBuiltinModule('node:worker_threads');

const patienceMs = 60_000;
const maxAnswerBytes = 64 * 1024 * 1024;
const defectStatus = 70;

// A worker thread has the environment that its parent gave it.
if (isMainThread) enterProgram();

/**
 * As `keyward/auto` for ES modules, where a module that is required cannot wait: another process reads the secrets
 * meanwhile, and they come through a pipe. It has no NODE_OPTIONS, which may ask for this very module.
 */
function enterProgram(): void {
  const child = spawnSync(process.execPath, [join(__dirname, 'compose', 'answer-environment.js')], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    timeout: patienceMs,
    killSignal: 'SIGKILL',
    maxBuffer: maxAnswerBytes,
  });
  if (child.status !== 0) {
    if (child.status === null)
      process.stderr.write('keyward: the secrets were not read: the process for it was ended\n');
    process.exit(child.status ?? defectStatus);
  }
  const change: { readonly set: Readonly<Record<string, string>>; readonly remove: readonly string[] } = JSON.parse(
    String(child.output[3]),
  );
  for (const name of change.remove) delete process.env[name];
  Object.assign(process.env, change.set);
}
