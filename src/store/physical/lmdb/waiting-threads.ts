import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { isMainThread } from 'node:worker_threads';

const waiting = new Set<symbol>();
let uncaught: { readonly error: unknown } | undefined;
let isWatching = false;

/**
 * A thread of LMDB waits from now on: for the write lock, and then for this thread to do its work. Call the answer when
 * it waits no longer.
 *
 * Node joins that thread when the process exits, when no work is done any more: both would wait for ever, and every other
 * process with them for the lock. So the process ends at once instead: with its status where Node can replace a process
 * (22.15 and later), else by SIGKILL.
 */
export function threadWaits(): () => void {
  if (!isWatching && isMainThread) {
    isWatching = true;
    process.on('exit', endAtOnce);
    process.on('uncaughtExceptionMonitor', keepUnhandled);
  }
  const one = Symbol();
  waiting.add(one);
  return () => waiting.delete(one);
}

function endAtOnce(status: number): void {
  if (waiting.size === 0) return;
  const listeners = process.listeners('exit');
  for (const listener of listeners.slice(listeners.indexOf(endAtOnce) + 1)) {
    try {
      listener.call(process, status);
    } catch (error) {
      print(error);
    }
  }
  // Node would print it after this.
  if (uncaught !== undefined) print(uncaught.error);
  const execve: unknown = Reflect.get(process, 'execve');
  try {
    const args = [process.execPath, '-e', `process.exit(${Number(status)})`];
    if (typeof execve === 'function') Reflect.apply(execve, process, [process.execPath, args, {}]);
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}

function keepUnhandled(error: unknown): void {
  const isHandled = process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
  if (!isHandled) uncaught = { error };
}

function print(error: unknown): void {
  try {
    writeSync(2, `${inspect(error)}\n`);
  } catch {
    // Nobody reads it.
  }
}
