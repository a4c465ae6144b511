import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { bareEntry, emptyInventory, type Inventory } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { payloadText } from '../../core/payload.js';
import { providerContract } from '../../core/provider.contract.js';
import { parseRef } from '../../core/ref.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { createExecProvider } from './exec.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

type Options = Parameters<typeof createExecProvider>[0];

function providerOf(options: Options, inventory: Inventory = emptyInventory, clock = systemClock) {
  const context = {
    name: 'exec',
    inventory,
    isProduction: false,
    environment: 'staging',
    folder: folder.path(''),
    env: { ...process.env, CANARY: 'canary', GIVEN: 'given' },
    connectStore: () => Promise.reject(new Error('not needed')),
  };
  return createExecProvider(options, context, clock);
}

const script = (text: string, ...args: readonly string[]) => ['sh', '-c', text, 'program', ...args];

async function textOf(options: Options, ref = 'some/path', inventory?: Inventory) {
  const found = await providerOf(options, inventory).read(parseRef(ref));
  return found && payloadText(found.payload);
}

providerContract({ describe, test, skip: test.skip }, 'exec', async () => ({
  subject: {
    provider: providerOf({
      command: script('test -f "store/$1" || exit 4; cat "store/$1"', '{path}.value'),
      absent: [4],
      exact: true,
    }),
    seed: async (path, { bytes }) => {
      const file = folder.path(`store/${path}.value`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    },
  },
}));

describe('a command', () => {
  test('is given names as parts of its arguments, and never to a shell', async () => {
    const command = script('printf "%s|" "$@"', '{path}', 'op://{env}/{path}', '{other}', '$HOME `id`');
    expect(await textOf({ command }, 'a/b')).toBe('a/b|op://staging/a/b|{other}|$HOME `id`|');
  });

  test('has an environment of its own, and nothing to read', async () => {
    const command = script('cat; printf "%s/%s/%s" "$CANARY" "$GIVEN" "$HOME"', '{path}');
    expect(await textOf({ command })).toBe(`//${process.env['HOME'] ?? ''}`);
    expect(await textOf({ command, env: ['GIVEN'] })).toBe(`/given/${process.env['HOME'] ?? ''}`);
  });

  test('gives its output without one final newline, or exactly', async () => {
    const command = script('printf "value\\n\\n"', '{path}');
    expect(await textOf({ command })).toBe('value\n');
    expect(await textOf({ command, exact: true })).toBe('value\n\n');
  });

  test('may print a JSON object, whose fields are those of the secret', async () => {
    const command = script('printf \'{"a":"1","b":2}\'', '{path}');
    expect(await textOf({ command, json: true }, 'x#b')).toBe('{"b":2}');
    const error = await textOf({ command: script('printf canary', '{path}'), json: true }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'invalid' });
    expect(String(error)).not.toContain('canary');
  });

  test('may be asked for each field, those of a whole secret as the inventory lists them', async () => {
    const command = script('test "$2" = b && exit 1; printf "%s" "$1.$2"', '{path}', '{field}');
    const path = parsePath('x');
    const inventory = new Map([[path, { ...bareEntry(path), fields: ['a', 'b', 'c'] }]]);
    expect(await textOf({ command, absent: [1] }, 'x#a')).toBe('{"a":"x.a"}');
    expect(await textOf({ command, absent: [1] }, 'x', inventory)).toBe('{"a":"x.a","c":"x.c"}');
    expect(await textOf({ command, absent: [1] }, 'y')).toBeUndefined();
  });

  test('may be asked by the names of variables', async () => {
    const command = script('test "$1" = APP_JWT && printf found || exit 1', '{name}');
    expect(await textOf({ command, absent: [1] }, 'app/jwt')).toBe('found');
    expect(await textOf({ command, absent: [1] }, 'app/other')).toBeUndefined();
  });

  test.each(['x#--help', 'x#a/b', 'x#a b', 'x#..%23'])('is never asked for %s', async (ref) => {
    const command = script('touch asked', '{path}', '{field}');
    await expect(textOf({ command }, ref)).rejects.toMatchObject({ code: 'invalid' });
    expect(existsSync(folder.path('asked'))).toBe(false);
  });

  test('is never given a name that reads like an option', async () => {
    await expect(textOf({ command: ['printf', '{path}'] }, '-v')).rejects.toMatchObject({ code: 'invalid' });
    expect(await textOf({ command: script('printf "%s" "$1"', '--name={path}') }, '-v')).toBe('--name=-v');
  });

  test.each([
    ['a status that does not mean absence', script('echo canary >&2; echo canary; exit 3', '{path}'), 'unavailable'],
    ['a signal', script('kill -9 $$', '{path}'), 'unavailable'],
    ['a program that is not there', ['keyward-no-such-program', 'canary', '{path}'], 'config'],
    ['a program that cannot be run', ['/', '{path}'], 'config'],
    ['too long an output', script('yes canary', '{path}'), 'too_large'],
    ['a value over the limit', script('head -c 600000 /dev/zero', '{path}'), 'too_large'],
  ])('that fails by %s says nothing of what it printed', async (_, command, code) => {
    const error = await textOf({ command, absent: [1] }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error) + String(error)).not.toContain('canary');
  });

  test('is killed with everything that it started when its time is over', async () => {
    const clock = new FakeClock();
    const command = script('sleep 600 & echo $! > child; wait', '{path}');
    const failed = expect(
      providerOf({ command, timeout: '5s' }, undefined, clock).read(parseRef('a')),
    ).rejects.toMatchObject({
      code: 'timeout',
    });
    while (!existsSync(folder.path('child')) || readFileSync(folder.path('child'), 'utf8') === '') {
      await sleep(5);
    }
    await clock.advance(5000);
    await failed;
    const pid = Number(readFileSync(folder.path('child'), 'utf8'));
    while (isRunning(pid)) await sleep(5);
  });

  test('runs at most four at a time', async () => {
    mkdirSync(folder.path('running'));
    const command = script('touch running/$1; ls running | wc -l; rm running/$1', '{path}');
    const answers = await providerOf({ command }).readMany(Array.from({ length: 12 }, (_, i) => parseRef(`s${i}`)));
    const counts = answers.map((answer) => (answer && 'payload' in answer ? Number(payloadText(answer.payload)) : 99));
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  });

  test.each([
    ['names no secret', ['op', 'read']],
    ['lets the program depend on one', ['{path}', '{path}']],
    ['is empty', []],
  ])('that %s is refused when the chain is made', (_, command) => {
    expect(() => providerOf({ command })).toThrowError('the command has to name the secret');
  });
});

/** One that has ended and whose parent has not asked for it yet is in `/proc`, too. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
