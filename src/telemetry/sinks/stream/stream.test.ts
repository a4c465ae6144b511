import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { entriesOf } from '../../../testing/sink-under-test.js';
import { accessSinkContract } from '../../access-sink.contract.js';
import { createStreamSink } from './stream.js';

function output() {
  let written = '';
  let isDown = false;
  const stream = new Writable({
    autoDestroy: false,
    write(chunk, _, done) {
      if (!isDown) written += String(chunk);
      done(isDown ? new Error('EPIPE') : null);
    },
  });
  const setDown = (down: boolean) => {
    isDown = down;
  };
  return { stream, written: () => written, setDown };
}

accessSinkContract(
  { describe, test, skip: test.skip },
  'stream',
  async () => {
    const { stream, written, setDown } = output();
    const sink = createStreamSink('standard output', stream);
    return { subject: { sink, arrived: async () => entriesOf(written()), setDown } };
  },
  [
    {
      test: 'an end that is down is said with a code that means "later", and works again when it is back',
      reason: 'a stream that failed never works again',
    },
  ],
);

describe('an output of the process', () => {
  test('whose reader went away does not end the process', async () => {
    const { stream, setDown } = output();
    setDown(true);
    const sink = createStreamSink('standard output', stream);
    const entry = { time: '', level: 'warn', principal: 'p', process: 1, environment: 'e', count: 1 } as const;
    await expect(sink.write([{ event: 'lost', ...entry }])).rejects.toMatchObject({ code: 'unavailable' });
    await new Promise((resolve) => setImmediate(resolve));
    await sink.close();
    expect(stream.writableEnded).toBe(false);
  });
});
