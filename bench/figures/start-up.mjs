import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { timeTurns } from '../measure.mjs';
import { keywardProgram } from '../workshop.mjs';

export const title = 'Start-up of the command line, against node alone and against a program that loads a .env file';

const dotenv = createRequire(import.meta.url).resolve('dotenv');

export async function measure({ isQuick, project, env }) {
  writeFileSync(join(project, '.env'), 'APP_TOKEN=a-secret-of-about-the-usual-length\n');
  const loadAndRun = `require(${JSON.stringify(dotenv)}).config({ quiet: true }); require('node:child_process').spawnSync('true')`;
  const programs = {
    'node -e 0': ['-e', '0'],
    'dotenv, then true': ['-e', loadAndRun],
    'keyward version': [keywardProgram, 'version'],
    'keyward get': [keywardProgram, 'get', 'app/token'],
    'keyward run -- true': [keywardProgram, 'run', '--', 'true'],
  };
  const start = (args) => () => {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: project, env });
    if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`);
    return performance.now() - started;
  };
  const calls = Object.fromEntries(Object.entries(programs).map(([name, args]) => [name, start(args)]));
  const times = await timeTurns(calls, { isQuick, turns: 25 });
  const against = (what, baseline) => ({ what, ms: times[what], baseline, baselineMs: times[baseline] });
  return [
    against('keyward version', 'node -e 0'),
    against('keyward get', 'node -e 0'),
    against('keyward run -- true', 'node -e 0'),
    against('keyward run -- true', 'dotenv, then true'),
  ];
}
