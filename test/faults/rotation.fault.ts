import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { createClickhouseRotator } from '../../src/lifecycle/rotation/rotators/clickhouse/clickhouse.js';
import { createKeyPairRotator } from '../../src/lifecycle/rotation/rotators/keypair/keypair.js';
import type { Credential } from '../../src/lifecycle/rotation/rotators/rotator.js';
import { DocumentedClickhouse } from '../../src/testing/documented-clickhouse.js';
import { HttpsReceiver } from '../../src/testing/https-receiver.js';
import { testKilledRotations } from '../killed-rotations.js';
import { credentialOf, worksBy } from '../rotated-login.js';
import { rotatedService } from '../rotated-service.js';
import { count } from './full-run.js';

/** A consumer that has what it was told last. */
const consumer = `
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
const [file] = process.argv.slice(2);
writeFileSync(file + process.pid, JSON.parse(readFileSync(0, 'utf8')).fields.value);
renameSync(file + process.pid, file);
`;

/** Every day the first of them, and all of them in a full run. */
const sometimes = <T>(all: readonly T[]) => all.slice(0, count({ daily: 1, full: all.length }));
const textOf = (credential: Credential) => credential.get('value')?.expose() ?? '';
const signing = { value: 'what-signs-the-requests' };

let folder = '';
let receiver: HttpsReceiver;
let clickhouse: DocumentedClickhouse;
beforeAll(async () => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-fault-'));
  receiver = await HttpsReceiver.start();
  clickhouse = await DocumentedClickhouse.start();
  writeFileSync(join(folder, 'ca.pem'), receiver.certificate);
  writeFileSync(join(folder, 'consumer.mjs'), consumer);
});
afterAll(async () => {
  await receiver.stop();
  clickhouse.stop();
  rmSync(folder, { recursive: true });
});

const fields = { value: 'first' };

describe('by programs', () => {
  for (const kind of sometimes(['verifier', 'overlap', 'swap'] as const)) {
    testKilledRotations(`exec-${kind}`, { kind, make: async () => rotatedService(folder, kind) });
  }
});

describe('by a webhook', () => {
  for (const kind of sometimes(['swap', 'overlap', 'verifier'] as const)) {
    testKilledRotations(`webhook-${kind}`, {
      kind,
      async make() {
        const accepted = new Set(['first']);
        receiver.answer = ({ body }, outgoing) => {
          const { step, from, to } = JSON.parse(body);
          if (step === 'set' && kind !== 'overlap') accepted.clear();
          if (step === 'set') accepted.add(to.value);
          if (step === 'revoke') accepted.delete(from.value);
          outgoing.writeHead(step === 'test' && !accepted.has(to.value) ? 409 : 200).end();
        };
        const { address: url } = receiver;
        const webhook = { url, kind, secret: 'app/administrator', recipe: 'alnum:32', ca: join(folder, 'ca.pem') };
        const works = async (login: Credential) => accepted.has(textOf(login));
        return { rotator: { webhook }, fields, administrator: signing, works };
      },
    });
  }
});

describe('without a target', () => {
  testKilledRotations('random', {
    kind: 'overlap',
    make: async () => ({
      rotator: { random: 'alnum:32' },
      fields,
      works: async (login) => /^(?:first|[A-Za-z0-9]{32})$/.test(textOf(login)),
    }),
  });
  for (const keypair of sometimes(['jwks', 'ed25519', 'ssh'] as const)) {
    testKilledRotations(`keypair-${keypair}`, {
      kind: 'overlap',
      async make() {
        const rotator = createKeyPairRotator({ keypair });
        const made = [...(await rotator.generate(undefined))].map(([name, secret]) => [name, secret.expose()]);
        return {
          rotator: { keypair },
          fields: Object.fromEntries(made),
          administrator: signing,
          works: worksBy(rotator),
        };
      },
    });
  }
});

describe('at ClickHouse, as its manual describes it', () => {
  for (const logins of sometimes([1, 2])) {
    testKilledRotations(logins === 1 ? 'clickhouse' : 'clickhouse-two', {
      kind: 'overlap',
      async make() {
        const users = ['one', 'two'].slice(0, logins);
        for (const user of users) clickhouse.add(user, 'first');
        const administrator = { username: 'rotator', password: 'of-the-rotator' };
        clickhouse.add(administrator.username, administrator.password);
        const settings = { servers: [clickhouse.name], users, administrator: 'app/administrator' };
        const fieldsOf = async () => Object.fromEntries(credentialOf(administrator));
        const works = worksBy(createClickhouseRotator({ clickhouse: settings, path: 'app/login', fieldsOf }));
        const login = logins === 1 ? fields : { username: 'one', password: 'first' };
        return { rotator: { clickhouse: settings }, fields: login, administrator, works };
      },
    });
  }
});

describe('rolled out', () => {
  const heldIn = (file: string) => {
    const held = join(folder, file);
    writeFileSync(held, 'first');
    return { held: () => [readFileSync(held, 'utf8')], path: held };
  };

  for (const kind of sometimes(['swap', 'overlap'] as const)) {
    testKilledRotations(`rollout-exec-${kind}`, {
      kind,
      isRolledOut: true,
      async make() {
        const { held, path } = heldIn('held');
        return {
          ...rotatedService(folder, kind),
          held,
          rollout: [{ exec: [process.execPath, join(folder, 'consumer.mjs'), path] }],
        };
      },
    });
  }
  testKilledRotations('rollout-files', {
    kind: 'overlap',
    isRolledOut: true,
    async make() {
      const { held, path } = heldIn('rendered');
      return { ...rotatedService(folder, 'overlap'), held, rollout: [{ files: path }] };
    },
  });
  testKilledRotations('rollout-webhook', {
    kind: 'overlap',
    isRolledOut: true,
    async make() {
      let told = 'first';
      receiver.answer = ({ body }, outgoing) => {
        told = JSON.parse(body).fields.value;
        outgoing.end();
      };
      const webhook = { url: receiver.address, secret: 'app/administrator', ca: join(folder, 'ca.pem') };
      return {
        ...rotatedService(folder, 'overlap'),
        administrator: signing,
        held: () => [told],
        rollout: [{ webhook }],
      };
    },
  });
});
