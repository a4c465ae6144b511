import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKafkaRotator, type KafkaSettings } from '../../../src/lifecycle/rotation/rotators/kafka/kafka.js';
import type { ScramMechanism } from '../../../src/lifecycle/rotation/rotators/kafka/kafka-session.js';
import { rotatorContract } from '../../../src/lifecycle/rotation/rotators/rotator.contract.js';
import { testCertificate } from '../../../src/testing/test-certificate.js';
import { Home } from '../../faults/home.js';
import { testKilledRotations } from '../../killed-rotations.js';
import { credentialOf, describeRotatedLogins, worksBy } from '../../rotated-login.js';
import { testUntoldRotations } from '../../untold-rotations.js';
import { KafkaBroker, kafkaAdministrator } from './kafka-broker.js';

/** Addresses of this machine that are not taken for it, so that TLS has to be spoken. */
const [host, otherHost] = ['0.0.0.0', '[::ffff:127.0.0.1]'];
const shown = testCertificate([host]);
let broker: KafkaBroker;
beforeAll(async () => {
  broker = await KafkaBroker.start(shown);
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

test('over TLS, the authority and the name in the certificate are asked for, before anything is sent', async () => {
  const { names, fields } = await users(1);
  const home = Home.withStore();
  const [own = '', other = ''] = [shown, testCertificate([host])].map(({ certificate }, index) => {
    const file = join(home.root, `${index}.pem`);
    writeFileSync(file, certificate);
    return file;
  });
  const config = ['--config', join(home.project, 'keyward.yaml')];
  const rotate = (server: string, authority: string) => {
    const kafka = { servers: [`${server}:${broker.tlsPort}`], users: names, administrator: 'app/administrator' };
    const secrets = { 'app/login': { rotator: { kafka } }, 'app/administrator': { fields: ['username', 'password'] } };
    home.writeConfig(JSON.stringify({ providers: [{ keyward: { prefix: 'bot' } }], secrets }));
    return home.keyward(['rotate', 'app/login', ...config], '', ['env', `NODE_EXTRA_CA_CERTS=${authority}`]);
  };
  home.writeConfig('providers: [{ keyward: { prefix: bot } }]');
  const { username, password } = kafkaAdministrator;
  home.keywardSucceeds(['set', 'app/login', ...config, '--quiet'], fields['value']);
  home.keywardSucceeds(['set', 'app/administrator', ...config, `username=${username}`, `password=${password}`]);
  for (const [server, authority] of [
    [host, other],
    [otherHost, own],
  ] as const) {
    expect(rotate(server, authority)).toMatchObject({ status: 8, stderr: expect.stringContaining('not proven') });
    expect(home.keywardSucceeds(['get', 'app/login', ...config])).toBe(fields['value']);
  }
  expect(rotate(host, own)).toMatchObject({ status: 0 });
  expect(home.keywardSucceeds(['get', 'app/login', ...config])).not.toBe(fields['value']);
  home.remove();
});

for (const count of [1, 2] as const) {
  testUntoldRotations(`Kafka with ${count} at a time`, async () => {
    const { names, fields } = await users(count);
    const stranger = await users(1);
    const kafka = { servers: [broker.name], users: names, administrator: 'app/administrator' };
    return {
      rotator: { kafka },
      fields,
      administrator: kafkaAdministrator,
      stranger: { username: stranger.names[0] ?? '', password: 'first' },
      noted: async () => ({ log: broker.log, metadata: broker.metadata }),
      saying: names[0] ?? '',
    };
  });
}

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
