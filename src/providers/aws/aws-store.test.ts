import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { parseRef } from '../../core/ref.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { connectAws } from './aws-store.js';

test('batches that were refused are tried again after five minutes', async () => {
  let isPermitted = false;
  let asked: string[] = [];
  const entry = (Name: string) => ({ Name, VersionId: '0'.repeat(32), CreatedDate: 1.7e9, SecretString: Name });
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const { SecretId, SecretIdList } = JSON.parse(Buffer.concat(chunks).toString());
    asked.push(String(incoming.headers['x-amz-target']).split('.')[1] ?? '');
    const isRefused = SecretIdList !== undefined && !isPermitted;
    if (isRefused) outgoing.statusCode = 400;
    const values = () => (SecretIdList ? { SecretValues: SecretIdList.map(entry), Errors: [] } : entry(SecretId));
    outgoing.end(JSON.stringify(isRefused ? { __type: 'AccessDeniedException' } : values()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const clock = new FakeClock();
  const store = await connectAws({
    name: 'aws',
    prefix: '',
    place: { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', profile: undefined },
    env: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' },
    clock,
  });
  const readBoth = async () => {
    asked = [];
    const found = await store.readMany?.(['a', 'b'].map(parseRef), {});
    expect(found).toMatchObject([{ path: 'a' }, { path: 'b' }]);
    return asked;
  };
  const oneByOne = ['GetSecretValue', 'GetSecretValue'];
  expect(await readBoth()).toEqual(['BatchGetSecretValue', ...oneByOne]);
  isPermitted = true;
  expect(await readBoth()).toEqual(oneByOne);
  await clock.advance(299_999);
  expect(await readBoth()).toEqual(oneByOne);
  await clock.advance(1);
  expect(await readBoth()).toEqual(['BatchGetSecretValue']);
  store.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
