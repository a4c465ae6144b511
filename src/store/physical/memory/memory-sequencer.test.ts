import { describe, test } from 'vitest';
import { FakeClock } from '../../../testing/fake-clock.js';
import { sequencerContract } from '../sequencer.contract.js';
import { MemorySequencer } from './memory-sequencer.js';

sequencerContract({ describe, test, skip: test.skip }, 'memory', async () => {
  const clock = new FakeClock();
  const sequencer = new MemorySequencer(clock);
  return {
    subject: {
      sequencer,
      hold: async () => {
        const letGo = sequencer.hold();
        return async () => letGo();
      },
      elapse: (ms) => clock.advance(ms),
    },
  };
});
