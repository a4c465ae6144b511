import { beforeEach, describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { Secret } from '../../core/secret.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { type KeepRunningOptions, keepRunning } from './keep-running.js';

const second = 1_000;
const intervalMs = 30 * second;
const killAfterMs = 10 * second;
const turn = () => new Promise((resolve) => setImmediate(resolve));
const given = (value: string) => new Map([['TOKEN', Secret.fromText(value)]]);

/** A program that notes the signals that it gets, and ends when it is told to. */
class Program {
  readonly signals: string[] = [];
  end: (status: number) => void = () => undefined;
  readonly exited = new Promise<number>((resolve) => {
    this.end = resolve;
  });
  readonly drained = Promise.resolve();

  readonly value: string | undefined;
  readonly #isStubborn: boolean;

  constructor(value: string | undefined, isStubborn = false) {
    this.value = value;
    this.#isStubborn = isStubborn;
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL') this.end(137);
    if (signal === 'SIGTERM' && !this.#isStubborn) this.end(143);
  }
}

let clock: FakeClock;
let programs: Program[];
let stored: string | KeywardError;
let reports: string[];
let files: (string | undefined)[];
let hint: () => void;
let isStubborn: boolean;
let connections: number;
beforeEach(() => {
  connections = 0;
  hint = () => undefined;
  clock = new FakeClock();
  programs = [];
  stored = 'first';
  reports = [];
  files = [];
  isStubborn = false;
});

function run(options: Partial<KeepRunningOptions> = {}): Promise<number> {
  return keepRunning({
    first: given('first'),
    launcher: {
      start: (values) => {
        expect(connections, 'stores that a program would inherit').toBe(0);
        const program = new Program(values.get('TOKEN')?.expose(), isStubborn);
        programs.push(program);
        return program;
      },
      update: (values) => void files.push(values.get('TOKEN')?.expose()),
    },
    signal: undefined,
    killAfterMs,
    connect: async () => {
      connections += 1;
      return {
        read: async () => {
          if (stored instanceof KeywardError) throw stored;
          return given(stored);
        },
        subscribe: (onHint) => {
          hint = onHint;
          return () => {
            hint = () => undefined;
          };
        },
        close: async () => {
          connections -= 1;
        },
      };
    },
    intervalMs,
    clock,
    report: (text) => reports.push(text),
    ...options,
  });
}

async function hintAt(value: string): Promise<void> {
  stored = value;
  await turn();
  hint();
  await turn();
}

const values = () => programs.map(({ value }) => value);
const last = () => {
  const program = programs.at(-1);
  if (program === undefined) throw new Error('no program was started');
  return program;
};

describe('a program that is kept running', () => {
  test('is left alone while the values are the same, and its end is ours', async () => {
    const ended = run();
    await turn();
    await clock.advance(10 * intervalMs);
    expect(values()).toEqual(['first']);
    last().end(42);
    expect(await ended).toBe(42);
    expect(last().signals).toEqual([]);
  });

  test('is restarted with the new values within an interval, and by name only', async () => {
    void run();
    await turn();
    stored = 'CANARY';
    await clock.advance(2 * intervalMs);
    expect(values()).toEqual(['first', 'CANARY']);
    expect(reports).toEqual(['changed: TOKEN; restarting']);
  });

  test('is restarted soon after a hint, and not for a hint that changed nothing', async () => {
    void run();
    await turn();
    await hintAt('first');
    await clock.advance(5 * second);
    expect(values()).toEqual(['first']);
    await hintAt('second');
    await clock.advance(5 * second);
    expect(values()).toEqual(['first', 'second']);
  });

  test('has its time to end at a restart, and is killed when that is over', async () => {
    isStubborn = true;
    void run();
    await turn();
    await hintAt('second');
    await clock.advance(2 * second);
    expect(last().signals).toEqual(['SIGTERM']);
    await clock.advance(killAfterMs - second);
    expect(programs.at(0)?.signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(values()).toEqual(['first', 'second']);
  });

  test('gets the signal instead of a restart, after its files', async () => {
    void run({ signal: 'SIGHUP' });
    await turn();
    await hintAt('second');
    await clock.advance(5 * second);
    expect(files).toEqual(['second']);
    expect(last().signals).toEqual(['SIGHUP']);
    expect(values()).toEqual(['first']);
  });

  test('gets no signal when its files cannot be written, and gets it later', async () => {
    let isFull = true;
    const update = () => {
      if (isFull) throw new KeywardError('unavailable', 'the disk is full');
    };
    const start = () => {
      const program = new Program(undefined);
      programs.push(program);
      return program;
    };
    void run({ signal: 'SIGHUP', launcher: { start, update } });
    await turn();
    stored = 'second';
    await clock.advance(2 * intervalMs);
    expect(last().signals).toEqual([]);
    expect(reports).toContain('the program keeps the values that it has: the disk is full');
    isFull = false;
    await clock.advance(2 * intervalMs);
    expect(last().signals).toEqual(['SIGHUP']);
  });

  test('keeps its values while they cannot be read, which is said once', async () => {
    void run();
    await turn();
    stored = new KeywardError('unavailable', 'no answer');
    await clock.advance(10 * intervalMs);
    expect(values()).toEqual(['first']);
    expect(reports).toEqual(['the program keeps the values that it has: no answer']);
    stored = 'second';
    await clock.advance(2 * intervalMs);
    expect(values()).toEqual(['first', 'second']);
  });

  test('is restarted less and less often while values change without end', async () => {
    void run();
    await turn();
    for (let i = 0; i < 600; i += 1) {
      await hintAt(`value ${i}`);
      await clock.advance(second);
    }
    expect(programs.length).toBeGreaterThan(5);
    expect(programs.length).toBeLessThan(20);
  });

  test('gets our signals at once', async () => {
    const ended = run();
    await turn();
    process.emit('SIGUSR2', 'SIGUSR2');
    process.emit('SIGTERM', 'SIGTERM');
    expect(last().signals).toEqual(['SIGUSR2', 'SIGTERM']);
    expect(await ended).toBe(143);
  });

  test('is not started again when a signal asks to end during a restart', async () => {
    isStubborn = true;
    const ended = run();
    await turn();
    await hintAt('second');
    await clock.advance(2 * second);
    process.emit('SIGTERM', 'SIGTERM');
    last().end(5);
    expect(await ended).toBe(5);
    expect(values()).toEqual(['first']);
  });

  test('leaves no listener and no timer behind', async () => {
    const before = process.listenerCount('SIGTERM');
    const ended = run();
    await turn();
    last().end(0);
    await ended;
    stored = 'second';
    await clock.advance(10 * intervalMs);
    await turn();
    expect(values()).toEqual(['first']);
    expect(connections).toBe(0);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
