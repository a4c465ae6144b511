import { getDefaultHighWaterMark, PassThrough, Writable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRedactor } from '../../redaction/redactor.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { MaskedCopy } from './masked-copy.js';

const value = 'correct-horse-battery';
const redactorOf = (...values: readonly string[]) =>
  createRedactor({ values: values.map((text) => ({ name: 'NAME', bytes: Buffer.from(text) })) });
const turn = () => new Promise((resolve) => setImmediate(resolve));

class Shown extends Writable {
  text = '';
  waiting: (() => void)[] = [];
  isSlow = false;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk;
    if (this.isSlow) this.waiting.push(done);
    else done();
  }
}

let source: PassThrough;
let shown: Shown;
let clock: FakeClock;
let copy: MaskedCopy;
beforeEach(() => {
  source = new PassThrough();
  shown = new Shown();
  clock = new FakeClock();
  copy = new MaskedCopy(source, shown, redactorOf(value).stream(), clock);
});

describe('a masked copy', () => {
  test('masks a value however it is cut, and loses nothing at the end', async () => {
    const done = copy.run();
    for (const part of ['before ', value.slice(0, 7), value.slice(7), ' after c']) {
      source.write(part);
      await turn();
    }
    source.end();
    await done;
    expect(shown.text).toBe('before ***REDACTED*** after c');
  });

  test('shows a prompt that could begin a value when the output pauses, and never more than two bytes of a value', async () => {
    void copy.run();
    source.write(`name (default: ${value.slice(0, 2)}`);
    await turn();
    expect(shown.text).toBe('name (default: ');
    await clock.advance(1_000);
    expect(shown.text).toBe('name (default: co');
    for (const byte of value.slice(2)) {
      source.write(byte);
      await turn();
      await clock.advance(1_000);
    }
    expect(shown.text).not.toContain(value.slice(0, 3));
    expect(shown.text).not.toContain(value.slice(2, 6));
  });

  test('takes no more from the program than our reader takes', async () => {
    shown.isSlow = true;
    void copy.run();
    const chunk = Buffer.alloc(1024, 'x');
    let taken = 0;
    while (source.write(chunk) && taken < 10_000) {
      taken += 1;
      await turn();
    }
    expect(taken * chunk.length).toBeLessThan(4 * getDefaultHighWaterMark(false));
    expect(shown.text.length).toBe(chunk.length);
  });

  test('closes its source when nobody reads any more, and ends', async () => {
    const done = copy.run();
    shown.destroy();
    source.write('anything');
    await done;
    expect(source.destroyed).toBe(true);
  });

  test('masks a value that is learnt while it comes in', async () => {
    const done = copy.run();
    source.write(`old ${value.slice(0, 5)}`);
    await turn();
    copy.use(redactorOf(value, 'another-long-value'));
    source.end(`${value.slice(5)} new another-long-value.`);
    await done;
    expect(shown.text).toBe('old ***REDACTED*** new ***REDACTED***.');
  });
});
