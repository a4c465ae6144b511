import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { timeTurns } from '../measure.mjs';
import { keywardProgram } from '../workshop.mjs';

export const title = 'SIGTERM until it reaches the program, through keyward run and straight';

/** `process.hrtime` counts alike in all processes of one machine. */
const program = `
  process.on('SIGTERM', () => { console.log(process.hrtime.bigint().toString()); process.exit(0); });
  setInterval(() => {}, 1000);
  console.log('ready');
`;

export async function measure({ isQuick, project, env }) {
  const straight = [process.execPath, '-e', program];
  const delay = (args) => async () => {
    const child = spawn(process.execPath, args, { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let sentAt = 0n;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line !== 'ready') return Number(BigInt(line) - sentAt) / 1e6;
      // Long after it became ready, as a signal usually comes.
      await new Promise((resolve) => setTimeout(resolve, 50));
      sentAt = process.hrtime.bigint();
      child.kill('SIGTERM');
    }
    throw new Error('the program ended without a word');
  };
  const times = await timeTurns(
    { run: delay([keywardProgram, 'run', '--', ...straight]), straight: delay(straight.slice(1)) },
    { isQuick },
  );
  return [{ what: 'through keyward run', ms: times.run, baseline: 'straight', baselineMs: times.straight }];
}
