import { once } from 'node:events';
import { Agent, createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createRandomRotator } from '../../src/lifecycle/rotation/rotators/random/random.js';
import { createVerifier } from '../../src/resolver/create-verifier.js';
import { RotationScene } from '../../src/testing/rotation-scene.js';
import { count as countOf, fullRunMs, keepEvidence } from '../faults/full-run.js';
import { sceneOf } from '../rotated-consumers.js';

let server: Server;
const agent = new Agent({ keepAlive: true });
afterEach(() => {
  agent.destroy();
  server.close();
});

test(
  'a service that checks a token lets no request of its clients fail while the token is rotated three times',
  async () => {
    const claim = expect.getState().currentTestName ?? '';
    const total = countOf({ daily: 300, full: 10_000 });
    const { scene, secrets: ofClients, further } = sceneOf('overlap', { value: 'the-first-token' });
    const [ofService, ofHandles] = [further(), further()];
    const grace = `${RotationScene.graceMs}ms`;
    const verifier = await createVerifier(ofService, RotationScene.path, { grace, clock: scene.clock });
    const matched = { current: 0, previous: 0 };
    server = createServer(async (request, response) => {
      const accepted = await verifier.validate(String(request.headers['x-token'])).catch(() => undefined);
      if (accepted !== undefined) matched[accepted.matched] += 1;
      response.writeHead(accepted === undefined ? 401 : 204).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port }: AddressInfo = Object.assign({ port: 0, address: '', family: '' }, server.address());
    const handle = await ofHandles.handle(RotationScene.path);
    const tokens = [() => handle.current(), () => ofClients.get(RotationScene.path)];
    const statusOf = async (token: string) => {
      const request = get({ port, host: '127.0.0.1', agent, headers: { 'x-token': token } });
      const [response] = await once(request, 'response');
      response.resume();
      return response.statusCode;
    };
    let requests = 0;
    let refused = 0;
    const requestsUntil = (last: number) =>
      Promise.all(
        [...tokens, ...tokens].map(async (token) => {
          while (requests < last) {
            requests += 1;
            if ((await statusOf((await token()).expose())) !== 204) refused += 1;
          }
        }),
      );
    const rotator = createRandomRotator({ random: 'base64url:32', field: 'value' });
    for (const turn of [1, 2, 3]) {
      await Promise.all([scene.run('start', {}, rotator), requestsUntil((total * (turn - 0.75)) / 3)]);
      // One half of the clients goes over to the new token at once; the service has remembered the former one.
      ofClients.expire();
      await requestsUntil((total * (turn - 0.5)) / 3);
      await scene.clock.advance(RotationScene.graceMs);
      const [{ state }] = await Promise.all([scene.run('resume', {}, rotator), requestsUntil((total * turn) / 3)]);
      expect(state).toBe('retired');
    }
    expect(await statusOf('the-first-token')).toBe(401);
    await Promise.all([ofClients, ofHandles, ofService].map((secrets) => secrets.close()));
    expect(refused).toBe(0);
    expect(matched.previous).toBeGreaterThan(0);
    keepEvidence('token-verifier', claim, { requests, rotations: 3, refused, ...matched });
  },
  fullRunMs,
);
