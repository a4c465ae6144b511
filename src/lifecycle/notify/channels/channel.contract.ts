import assert from 'node:assert/strict';
import { type ContractCases, type Deviation, runContract, type TestRunner } from '../../../core/contract.js';
import { isKeywardError } from '../../../core/errors.js';
import type { Notification } from '../../../core/notification.js';
import { parsePath } from '../../../core/path.js';
import type { Channel } from './channel.js';

export interface ChannelSubject {
  readonly channel: Channel;
  /** The same, for whom the server has no certificate that it trusts. */
  readonly suspicious: Channel;
  /** What it signs in with. */
  readonly credentials: readonly string[];
  /** The texts that arrived, the earliest first. */
  received(): readonly string[];
  /** From now on the server refuses to take anything, or has gone. */
  spoil(how: 'refuses' | 'is gone'): Promise<void>;
}

export type MakeChannel = () => Promise<{ readonly subject: ChannelSubject; readonly dispose: () => Promise<void> }>;

/** What every channel must hold to, on the real thing where there is one. */
export function channelContract(
  runner: TestRunner,
  title: string,
  make: MakeChannel,
  deviations: readonly Deviation[] = [],
): void {
  runContract(runner, `${title}, as a channel`, cases, make, deviations);
}

const notification: Notification = {
  kind: 'rotation-due',
  path: parsePath('exchange/binance'),
  project: 'bot',
  environment: 'production',
  atMs: Date.UTC(2030, 0, 1),
  text: 'exchange/binance is to be rotated since 2029-12-31 <!channel> & more',
  next: 'keyward rotate exchange/binance',
  owner: 'trading',
  key: 'due 1',
};

const cases: ContractCases<ChannelSubject> = {
  async 'delivers what it is about, to whom it belongs and what to do next, once'({ channel, received }) {
    await channel.send(notification);
    const [text = '', ...more] = received();
    assert.deepEqual(more, []);
    for (const part of ['exchange/binance is to be rotated', 'bot', 'production', 'trading', 'keyward rotate']) {
      assert.ok(text.includes(part), part);
    }
  },

  async 'lets no text add lines or fields to the message'({ channel, received }) {
    const hostile = 'x\r\nBcc: eve@example.com\r\n\r\n"}, "injected": "1';
    await channel.send({ ...notification, text: hostile, owner: hostile, next: hostile });
    const [text = ''] = received();
    assert.ok(!/^(?:Bcc:|"injected")/m.test(text));
  },

  async 'says that it was refused or nobody was there, and nothing of what it signs in with'(subject) {
    const { channel, credentials, received, spoil } = subject;
    for (const how of ['refuses', 'is gone'] as const) {
      await spoil(how);
      await assert.rejects(channel.send(notification), (error) => {
        assert.ok(isKeywardError(error, 'unavailable', 'denied', 'unauthenticated', 'throttled', 'config'));
        const said = `${error.message} ${error.advice} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
        for (const credential of credentials) assert.ok(!said.includes(credential));
        return true;
      });
    }
    assert.deepEqual(received(), []);
  },

  async 'tells nobody who is not proven to be the right one'({ suspicious, received }) {
    await assert.rejects(suspicious.send(notification), (error) => isKeywardError(error, 'integrity'));
    assert.deepEqual(received(), []);
  },
};
