import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildChildProgram, type ChildProgram } from '../child-program.js';
import { keepEvidence } from '../faults/full-run.js';
import { assertProgram } from '../faults/needed-program.js';
import { Run, startRun } from '../faults/run.js';
import { valueCanaries } from '../system/canaries.js';
import { filesIn } from '../system/cli.js';
import { isText } from './kept-laptop.js';
import { type MemorySink, memorySinks } from './memory-sinks.js';
import { WorkPlace } from './work-place.js';

const values = valueCanaries().filter(isText);
const programs: ChildProgram[] = [];

let place: WorkPlace;
let keyFile: string;
beforeAll(() => {
  assertProgram('gcore', 'gdb');
  place = new WorkPlace(values);
  [keyFile = ''] = filesIn(place.home.keyFolder);
  place.emptySink();
});
afterAll(async () => {
  keepEvidence('leaks-memory', 'a program that has closed Keyward holds no key; copies of values in freed memory', {
    values: values.length,
    ...counts,
  });
  for (const program of programs) await program.dispose();
  place.remove();
});

/** A program that reads every value from the chain and from the store itself. */
async function memoryOf({ end, look }: Pick<MemorySink, 'end' | 'look'>): Promise<Buffer> {
  const program = await buildChildProgram(
    ['src/index.ts'],
    `import { readFileSync } from 'node:fs';
     import { writeHeapSnapshot } from 'node:v8';
     import { openSecrets, openStore, parsePath } from './modules.mjs';
     let secrets = await openSecrets({ environment: 'development' });
     let store = await openStore();
     for (let at = 0; at < ${values.length}; at += 1) {
       await secrets.get('app/held' + at);
       await store.client.secrets.read({ path: parsePath('app/held' + at) });
     }
     ${end}
     gc();
     process.stdin.on('data', () => process.exit());
     if (process.env.SNAPSHOT) writeHeapSnapshot(process.env.SNAPSHOT);
     console.log('ready ' + process.pid + ' ');`,
  );
  programs.push(program);
  const snapshot = join(place.folder, 'heap.heapsnapshot');
  const env = place.environment({ KEY_FILE: keyFile, ...(look === 'heap snapshot' && { SNAPSHOT: snapshot }) });
  const started = new Run(spawn(process.execPath, ['--expose-gc', program.path], { cwd: place.home.project, env }));
  const pid = await pidOf(started);
  const memory = look === 'core' ? coreOf(pid) : readFileSync(snapshot);
  started.end('\n');
  await started.ended;
  return memory;
}

async function pidOf(started: Run): Promise<string> {
  await started.prints('ready ');
  await started.prints(' \n');
  return /ready (\d+)/.exec(started.output)?.[1] ?? '';
}

function coreOf(pid: string): Buffer {
  spawnSync('gcore', ['-o', join(place.folder, 'core'), pid], { stdio: 'ignore' });
  return readFileSync(join(place.folder, `core.${pid}`));
}

/** Freed memory is not erased: what one read of a value leaves of it, with room for what the engine and V8 do. */
const mostCopies = 20;
const counts: Record<string, unknown> = {};

/** Of the file that opens the store; from its middle, since its beginning is known to all. */
const keyBytes = () => readFileSync(keyFile).subarray(20, 40);

function copiesIn(memory: Buffer): number {
  const copies = values.map(({ bytes }) => {
    let count = 0;
    for (let at = memory.indexOf(bytes); at >= 0; at = memory.indexOf(bytes, at + 1)) count += 1;
    return count;
  });
  return copies.reduce((sum, count) => sum + count, 0);
}

describe.each(memorySinks)('$name', (sink) => {
  const hits = (memory: Buffer) => (sink.isFreeOf === 'keys' ? Number(memory.includes(keyBytes())) : copiesIn(memory));

  test('holds nothing of it', async () => {
    const memory = await memoryOf(sink);
    expect(hits(memory)).toBe(0);
    const copies = copiesIn(memory);
    expect(copies).toBeLessThanOrEqual(mostCopies * values.length);
    counts[sink.name] = { keys: Number(memory.includes(keyBytes())), copies };
  });

  test('is searched: what is put there is found', async () => {
    expect(hits(await memoryOf({ ...sink, end: `${sink.end}${sink.leak}` }))).toBeGreaterThan(0);
  });
});

test('the core of `run`, which has closed its store while its program goes on, holds no key', async () => {
  const started = startRun(place.home, ['sh', '-c', 'echo "ready $PPID "; read line'], {}, [
    '--watch',
    '--path',
    'app',
  ]);
  const core = coreOf(await pidOf(started));
  started.end('\n');
  await started.ended;
  expect(core.includes(keyBytes())).toBe(false);
});
