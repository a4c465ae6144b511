import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.js';
import { parsePath } from '../../../../core/path.js';
import { textPayload } from '../../../../core/payload.js';
import { Secret } from '../../../../core/secret.js';
import { HttpsReceiver } from '../../../../testing/https-receiver.js';
import { type TemporaryFolder, temporaryFolder } from '../../../../testing/temporary-folder.js';
import { signatureHeaders } from '../../../webhook/signature.js';
import { rolloutContract } from '../rollout.contract.js';
import { RolloutFailure } from '../rollout.js';
import { webhookRolloutKind } from './webhook-kind.js';

const signing = Secret.fromText('the-secret-that-signs');
const change = { id: '0123456789abcdef', path: parsePath('app/password'), payload: textPayload('CANARY') };

let receiver: HttpsReceiver;
let folder: TemporaryFolder;
beforeEach(async () => {
  receiver = await HttpsReceiver.start();
  folder = temporaryFolder();
  folder.write('ca.pem', receiver.certificate);
});
afterEach(async () => {
  await receiver.stop();
  folder.remove();
});

const create = () =>
  webhookRolloutKind.create(
    { url: `${receiver.address}/hook`, secret: 'app/signing', ca: 'ca.pem' },
    { folder: folder.path('.'), env: {}, clock: systemClock, fieldsOf: async () => ({ value: signing }) },
  );
async function apply(status: number) {
  receiver.answer = (_request, outgoing) => void outgoing.writeHead(status, { location: '/elsewhere' }).end('CANARY');
  const [rollout] = await create();
  return rollout?.apply(change);
}

rolloutContract({ describe, test, skip: test.skip }, 'a webhook', async () => {
  let held = 'first';
  receiver.answer = ({ body }, outgoing) => {
    held = JSON.parse(body).fields.value;
    outgoing.end();
  };
  return {
    subject: {
      rollouts: await create(),
      held: async () => [held],
      store: async () => undefined,
      settle: async () => undefined,
    },
  };
});

test('the change is posted in the body alone, and signed', async () => {
  await apply(200);
  const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = receiver.received;
  expect(JSON.parse(body)).toEqual({ id: change.id, path: change.path, fields: { value: 'CANARY' } });
  expect(`${path}${JSON.stringify(headers)}`).not.toContain('CANARY');
  const at = Number(headers['keyward-timestamp']) * 1000;
  expect(headers).toMatchObject(signatureHeaders(Buffer.from(body), signing, at));
});

test('409 and 422 are no, every other status leaves it open, and a redirect is not followed', async () => {
  for (const status of [409, 422]) await expect(apply(status)).rejects.toBeInstanceOf(RolloutFailure);
  receiver.received.length = 0;
  const statuses = [301, 307, 400, 401, 500];
  for (const status of statuses) {
    const error = await apply(status).catch((thrown: unknown) => thrown);
    expect(error, `${status}`).toBeInstanceOf(Error);
    expect(error, `${status}`).not.toBeInstanceOf(RolloutFailure);
    expect(String(error)).not.toContain('CANARY');
  }
  expect(receiver.received).toHaveLength(statuses.length);
});
