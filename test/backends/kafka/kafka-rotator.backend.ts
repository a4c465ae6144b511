import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKafkaRotator, type KafkaSettings } from '../../../src/lifecycle/rotation/rotators/kafka/kafka.js';
import type { ScramMechanism } from '../../../src/lifecycle/rotation/rotators/kafka/kafka-session.js';
import { rotatorContract } from '../../../src/lifecycle/rotation/rotators/rotator.contract.js';
import { testKilledRotations } from '../../killed-rotations.js';
import { credentialOf, describeRotatedLogins, worksBy } from '../../rotated-login.js';
import { KafkaBroker, kafkaAdministrator } from './kafka-broker.js';

let broker: KafkaBroker;
beforeAll(async () => {
  broker = await KafkaBroker.start();
});
afterAll(() => broker?.remove());

const administrator = 'broker/administrator';
const runner = { describe, test, skip: test.skip };

let made = 0;
/** New users, the first of whom has the password `first`. */
async function users(count: 1 | 2, change: Partial<KafkaSettings> = {}) {
  made += 1;
  const names = [`bot=${made},a`, `bot=${made},b`].slice(0, count);
  const rotator = createKafkaRotator({
    kafka: { servers: [broker.name], users: names, administrator, ...change },
    path: 'broker/bot',
    fieldsOf: async () => Object.fromEntries(credentialOf(kafkaAdministrator)),
  });
  const fields = count === 1 ? { value: 'first' } : { username: names[0] ?? '', password: 'first' };
  const initial = credentialOf(fields);
  await rotator.set({ from: undefined, to: initial });
  return { names, rotator, fields, initial, logIn: rotator.test, works: worksBy(rotator) };
}

rotatorContract(runner, 'one user, by an administrator', async () => ({ subject: await users(1) }));
rotatorContract(runner, 'two users, by an administrator', async () => ({ subject: await users(2) }));

test('a broker tells who may not set passwords, and a mechanism that it does not offer', async () => {
  const { names, rotator, initial } = await users(1);
  const alone = (mechanism: ScramMechanism) =>
    createKafkaRotator({
      kafka: { servers: [broker.name], users: names, mechanism },
      path: 'broker/bot',
      fieldsOf: () => Promise.reject(new Error('nobody is asked')),
    });
  const to = await rotator.generate(initial);
  await expect(alone('SCRAM-SHA-512').set({ from: initial, to })).rejects.toMatchObject({ code: 'denied' });
  await expect(rotator.test(to)).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(alone('SCRAM-SHA-256').test(initial)).rejects.toMatchObject({ code: 'config' });
});

test('what a broker prints holds no password', async () => {
  const { rotator, initial } = await users(2);
  const to = await rotator.generate(initial);
  await rotator.set({ from: initial, to });
  await rotator.revoke(initial, to);
  expect(broker.log).toContain('Kafka Server started');
  expect(broker.log).not.toContain(to.get('password')?.expose());
});

describeRotatedLogins({ evidence: 'kafka-swap', kind: 'swap', make: () => users(1), daily: 500 });
describeRotatedLogins({ evidence: 'kafka-overlap', kind: 'overlap', make: () => users(2), daily: 500 });

for (const count of [1, 2] as const) {
  testKilledRotations(count === 1 ? 'kafka-swap' : 'kafka-overlap', {
    kind: count === 2 ? 'overlap' : 'swap',
    async make() {
      const { names, fields, works } = await users(count);
      const kafka = { servers: [broker.name], users: names, administrator: 'app/administrator' };
      return { rotator: { kafka }, fields, works, administrator: kafkaAdministrator };
    },
  });
}
