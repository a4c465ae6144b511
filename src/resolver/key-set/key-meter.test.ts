import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import { type KeyLimits, KeyMeter } from './key-meter.js';

const minute = 60_000;

function metered(limits: KeyLimits) {
  const clock = new FakeClock();
  const meter = new KeyMeter(clock);
  meter.hold(limits);
  return { clock, meter };
}

describe('the limits of a key', () => {
  test('let through as many requests in each window as they say, and say when the next one begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: minute }), { maxLength: 40 }),
        async (requests, pauses) => {
          const { clock, meter } = metered({ rate: { requests, per: '1m' } });
          let begins = Number.NEGATIVE_INFINITY;
          let accepted = 0;
          for (const pause of pauses) {
            await clock.advance(pause);
            const now = clock.monotonic();
            if (now - begins >= minute) [begins, accepted] = [now, 0];
            const refusal = meter.take(false);
            if (accepted < requests) {
              accepted += 1;
              expect(refusal).toBeUndefined();
            } else expect(refusal).toEqual({ answer: 'throttled', retryAfterMs: begins + minute - now });
          }
        },
      ),
    );
  });

  test('of all requests count those that were accepted, and no others', () => {
    const { meter } = metered({ total: 2 });
    const answers = [false, true, false].map((isPrevious) => meter.take(isPrevious)?.answer);
    expect(answers).toEqual([undefined, undefined, 'exhausted']);
    expect(meter.usage).toMatchObject({ accepted: 2, previous: 1, refused: 1 });
  });

  test('end at their expiry, to the millisecond, and before any other is looked at', async () => {
    const clock = new FakeClock();
    const meter = new KeyMeter(clock);
    meter.hold({ expires: new Date(clock.now() + 1_000) });
    await clock.advance(999);
    expect(meter.take(false)).toBeUndefined();
    await clock.advance(1);
    meter.hold({ expires: new Date(clock.now()), total: 1 });
    expect(meter.take(false)).toEqual({ answer: 'expired' });
  });

  test('are not passed by a clock that is set back', () => {
    const { clock, meter } = metered({ rate: { requests: 1, per: '1m' } });
    meter.take(false);
    clock.jump(-60 * minute);
    expect(meter.take(false)).toEqual({ answer: 'throttled', retryAfterMs: minute });
  });

  test('hold from when they are given, and what was counted stays', async () => {
    const { clock, meter } = metered({ rate: { requests: 1, per: '1h' } });
    meter.take(false);
    meter.hold({ rate: { requests: 2, per: '1m' }, total: 2 });
    expect(meter.take(false)).toBeUndefined();
    expect(meter.take(false)).toEqual({ answer: 'exhausted' });
    meter.hold({ rate: { requests: 2, per: '1m' } });
    expect(meter.take(false)).toEqual({ answer: 'throttled', retryAfterMs: minute });
    await clock.advance(minute);
    expect(meter.take(false)).toBeUndefined();
  });

  test.each<KeyLimits>([
    { rate: { requests: 1, per: '0s' } },
    { rate: { requests: 1, per: 'hour' } },
    { rate: { requests: -1, per: '1m' } },
    { rate: { requests: Number.NaN, per: '1m' } },
    { total: 1.5 },
    { expires: new Date('tomorrow') },
  ])('that are none are refused, and the former ones stay: %j', (limits) => {
    const { meter } = metered({ total: 0 });
    expect(() => meter.hold(limits)).toThrowError(expect.objectContaining({ code: 'invalid' }));
    expect(meter.take(false)).toEqual({ answer: 'exhausted' });
  });
});
