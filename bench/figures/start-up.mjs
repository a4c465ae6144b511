import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startsInTurns } from '../measure.mjs';
import { keywardProgram } from '../workshop.mjs';

export const title = 'Start-up of the command line, against node alone, dotenv-cli and dotenvx';

export const profile = `Where the processor time of \`run\` goes beyond \`node -e 0\`, from runs that were ended at marks in the program and from
samples of the whole process, in milliseconds, on a machine of two cores with a load of 10 to 20, which makes all of them a
quarter larger. With a .env file, 22: our main file and what of Node it needs 1; reading code and making functions of what V8
compiled earlier 5; our modules as they start 3; Node's child processes, with the sockets and streams that they load, 3;
starting the child 3; the workspace and a configuration that an earlier run parsed 3; its values, with the compiling of
Node's own streams and abort signals, 3; the child's end and ours 1. A plain \`spawn\` is 6 of them, for dotenv-cli too. The
store adds 43: its code and Node's crypto 10; header 2; the key agreement of the slot 4, most of it OpenSSL looking for how to
read a key for the first time; folders 3; LMDB's library, its native part, two environments and the heads 11; the audit log's
opening 4; the read and its entry 5; checkpoint and closing 4. Collecting garbage, on helper threads too, is 3 of it. A bare
LMDB open with a child takes about 39 of the 60 that the bound allows. Compared in pairs, one after the other, 40 times:
commander, the checksum of kept files, standard streams that nothing is written to, and the taking apart at the end were 4 to
6 (docs/decisions/0025 and the one about starts).`;

const peers = ['dotenv-cli@11.0.0', '@dotenvx/dotenvx@2.38.2'];

const config = `
project: plain
environment: development
providers: [{ dotenv: {} }, { env: {} }]
secrets: { app/token: { env: APP_TOKEN } }
`;

export async function measure({ isQuick, folder, project, env, install }) {
  const bin = join(install(peers), '.bin');
  const plain = join(folder, 'plain');
  const encrypted = join(folder, 'encrypted');
  for (const place of [plain, encrypted]) {
    mkdirSync(place);
    writeFileSync(join(place, '.env'), 'APP_TOKEN="a secret of about the usual length"\n', { mode: 0o600 });
  }
  writeFileSync(join(plain, 'keyward.yaml'), config);
  const encryption = spawnSync(process.execPath, [join(bin, 'dotenvx'), 'encrypt'], { cwd: encrypted, env });
  if (encryption.status !== 0) throw new Error(`dotenvx encrypt ended with ${encryption.status}`);
  const run = [keywardProgram, 'run', '--', 'true'];
  const programs = {
    'node -e 0': { args: ['-e', '0'], cwd: plain },
    'keyward version': { args: [keywardProgram, 'version'], cwd: plain },
    'run, .env file': { args: run, cwd: plain },
    'dotenv-cli, .env file': { args: [join(bin, 'dotenv'), '--', 'true'], cwd: plain },
    'run, encrypted store': { args: run, cwd: project },
    'get, encrypted store': { args: [keywardProgram, 'get', 'app/token'], cwd: project },
    'dotenvx, encrypted file': { args: [join(bin, 'dotenvx'), 'run', '--', 'true'], cwd: encrypted },
  };
  const { cpu, wall } = startsInTurns(programs, { env, turns: isQuick ? 2 : 40 });
  const over = (what, bound, times = cpu) => ({
    what,
    ms: times[what],
    baseline: 'node -e 0',
    baselineMs: times['node -e 0'],
    bound,
  });
  const added = (what) => cpu[what] - cpu['node -e 0'];
  const addedTo = (what, baseline, ratio) => ({
    what: `${what}: added`,
    ms: added(what),
    baseline: `${baseline}: added`,
    baselineMs: added(baseline),
    bound: { ratio },
  });
  const elapsed = (what) => ({ ...over(what, undefined, wall), what: `${what}, elapsed` });
  return [
    over('keyward version'),
    over('run, .env file', { addsMs: 25 }),
    over('run, encrypted store', { addsMs: 60 }),
    over('get, encrypted store'),
    addedTo('run, .env file', 'dotenv-cli, .env file', 1),
    addedTo('run, encrypted store', 'dotenvx, encrypted file', 0.2),
    elapsed('run, .env file'),
    elapsed('run, encrypted store'),
  ];
}
