import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startFarStores } from '../far-stores.mjs';
import { repository } from '../workshop.mjs';

export const title =
  "An uncached read from each networked store (a server on this machine), against the store's SDK alone";

export async function measure({ folder, project, library, isQuick }) {
  const servers = await startFarStores(join(folder, 'far-stores'));
  try {
    const turns = isQuick ? '20' : '1000';
    const probe = spawn(process.execPath, [join(repository, 'bench/far-probe.mjs'), library, turns], {
      cwd: project,
      env: { HOME: folder, PATH: process.env.PATH, ...servers.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed, [status]] = await Promise.all([text(probe.stdout), once(probe, 'close')]);
    if (status !== 0) throw new Error(`far-probe.mjs ended with ${status}`);
    return JSON.parse(printed).flatMap(({ store, baseline, elapsed, processor }) => [
      rowOf(store, elapsed, baseline),
      rowOf(`${store}, processor time`, processor, baseline),
    ]);
  } finally {
    await servers.stop();
  }
}

function rowOf(what, { provider: ms, bare: baselineMs }, baseline) {
  return { what, ms, baseline, baselineMs, bound: { addsMs: Math.max(0.1, baselineMs * 0.05) } };
}
