import { openRotations } from '../compose/rotations.js';
import { tellOfRotations } from '../compose/tell-of-rotations.js';
import { systemClock } from '../core/clock.js';
import { expandPaths } from '../core/expand-paths.js';
import { stat } from '../host/file-calls.js';
import { type WatchEvent, type WatchedRotations, watchRotations } from '../lifecycle/rotation/watch-rotations.js';
import type { Invocation } from './command.js';
import { openSession } from './session.js';

const endings = ['SIGTERM', 'SIGINT'] as const;

/**
 * Does what is due, of the paths that are named or of all, until a signal ends it; what it does is one line of JSON each on
 * standard output, the first with the event `ready`.
 */
export async function serveRotations(invocation: Invocation, parallel: number): Promise<number> {
  const ending = new AbortController();
  const end = () => ending.abort();
  for (const name of endings) process.on(name, end);
  const log = (event: WatchEvent) =>
    invocation.output.line(JSON.stringify({ at: new Date(systemClock.now()), ...event }));
  try {
    await watchRotations({
      open: () => openWatched(invocation, ending.signal),
      clock: systemClock,
      parallel,
      signal: ending.signal,
      log,
    });
    return 0;
  } finally {
    for (const name of endings) process.off(name, end);
  }
}

async function openWatched(invocation: Invocation, signal: AbortSignal): Promise<WatchedRotations> {
  const { io, args, output } = invocation;
  const workspace = await openSession(invocation, { readThrough: true });
  try {
    const rotations = await openRotations(workspace, { env: io.env });
    const paths = args.length === 0 ? rotations.paths : expandPaths(args, rotations.paths);
    // One that has no rotator would be waited for until the end.
    if (args.length > 0) await rotations.statuses(paths);
    const { files } = workspace.config;
    let seen = await marksOf(files);
    return {
      statuses: () => rotations.statuses(paths),
      rotate: async (path, onStep, plannedFor) => ({
        journal: await rotations.rotate(path, 'due', { onStep, plannedFor, signal }),
        task: (await rotations.isGuided(path)) ? await rotations.task(path) : undefined,
      }),
      tell: await tellOfRotations(workspace, rotations, {
        onFinding: (finding) => output.finding(finding),
        clock: systemClock,
        isAll: args.length === 0,
      }),
      async isChanged() {
        const now = await marksOf(files);
        const isChanged = now !== seen;
        seen = now;
        return isChanged;
      },
      close: () => workspace.close(),
    };
  } catch (error) {
    await workspace.close();
    throw error;
  }
}

/** What changes with every way of writing a file; one that is gone for a moment is one that changes. */
async function marksOf(files: readonly string[]): Promise<string> {
  const marks = files.map(async (file) => {
    try {
      const { ino, size, mtimeMs, ctimeMs } = await stat(file);
      return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    } catch {
      return '';
    }
  });
  return (await Promise.all(marks)).join('\n');
}
