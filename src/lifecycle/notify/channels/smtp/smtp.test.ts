import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../../core/clock.js';
import { rejected } from '../../../../core/provider-read.contract.js';
import { Secret } from '../../../../core/secret.js';
import { FakeClock } from '../../../../testing/fake-clock.js';
import { type TemporaryFolder, temporaryFolder } from '../../../../testing/temporary-folder.js';
import { testCertificate } from '../../../../testing/test-certificate.js';
import { channelContract } from '../channel.contract.js';
import type { ChannelContext } from '../channel-kind.js';
import { createSmtpChannel, type SmtpOptions } from './smtp.js';
import { smtpChannelKind } from './smtp-kind.js';

const { certificate, key } = testCertificate();
const password = 'canary-of-the-mailbox';
const notification = {
  kind: 'test',
  environment: 'production',
  atMs: 0,
  text: 'a text',
  next: 'more',
  key: 'x',
} as const;

interface Scene {
  readonly mails: string[];
  readonly logins: string[];
  readonly context: ChannelContext;
  readonly port: number;
  refuses: boolean;
  create(change?: Partial<SmtpOptions>): ReturnType<typeof createSmtpChannel>;
  stop(): Promise<void>;
}

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.stop();
});

async function start(options: SMTPServerOptions = {}): Promise<Scene> {
  const folder: TemporaryFolder = temporaryFolder();
  folder.write('ca.pem', certificate);
  const mails: string[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    cert: certificate,
    key,
    logger: false,
    closeTimeout: 1,
    onAuth(auth, _session, callback) {
      logins.push(`${auth.username} ${auth.password}`);
      if (auth.password === password) callback(null, { user: 'bot' });
      else callback(new Error(`535 no login with ${auth.password}`));
    },
    onMailFrom(_address, _session, callback) {
      callback(scene.refuses ? new Error(`550 refused, with ${password}`) : null);
    },
    onData(stream, _session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString());
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const context = {
    folder: folder.path(''),
    clock: systemClock,
    secretOf: async (ref: string) => Secret.fromText(ref === 'notifications/email_password' ? password : ref),
  };
  const mail = { host: '127.0.0.1', from: 'keyward@example.com', to: ['ops@example.com', 'dev@example.com'] };
  let isStopped = false;
  const scene: Scene = {
    mails,
    logins,
    context,
    port,
    refuses: false,
    create: (change) =>
      createSmtpChannel({ ...mail, port, password: 'notifications/email_password', ca: 'ca.pem', ...change }, context),
    async stop() {
      if (isStopped) return;
      isStopped = true;
      await new Promise<void>((resolve) => server.close(resolve));
      folder.remove();
    },
  };
  scenes.push(scene);
  return scene;
}

channelContract({ describe, test, skip: test.skip }, 'a server of mails', async () => {
  const scene = await start();
  return {
    subject: {
      channel: scene.create(),
      suspicious: scene.create({ ca: undefined }),
      credentials: [password, Buffer.from(password).toString('base64')],
      received: () => scene.mails,
      async spoil(how) {
        scene.refuses = how === 'refuses';
        if (how === 'is gone') await scene.stop();
      },
    },
    dispose: scene.stop,
  };
});

describe('a mail', () => {
  test('is sent by whom the configuration names, to all of them, after signing in over TLS', async () => {
    const { create, mails, logins } = await start();
    await create().send(notification);
    expect(logins).toEqual([`keyward@example.com ${password}`]);
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatch(/^From: keyward@example\.com\r$/m);
    expect(mails[0]).toMatch(/^To: ops@example\.com, dev@example\.com\r$/m);
    expect(mails[0]).toMatch(/^Subject: \[production\] a text\r$/m);
    expect(mails[0]).toContain('[production] a text\r\nnext: more');
  });

  test('is sent by a user of another name, or without signing in, where the configuration says so', async () => {
    const { create, mails, logins } = await start({ authOptional: true });
    await create({ username: 'bot' }).send(notification);
    await create({ password: undefined }).send(notification);
    expect(logins).toEqual([`bot ${password}`]);
    expect(mails).toHaveLength(2);
  });

  test('is not sent, and nobody signs in, where the server does not encrypt', async () => {
    const { create, mails, logins } = await start({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      authOptional: true,
    });
    await rejected(create().send(notification), 'integrity');
    expect([mails, logins]).toEqual([[], []]);
  });

  test('is not sent where the login is refused', async () => {
    const { create, mails } = await start();
    const error = await rejected(create({ password: 'canary-of-another' }).send(notification), 'unauthenticated');
    expect(`${error.message} ${error.advice} ${error.stack}`).not.toContain('canary');
    expect(mails).toEqual([]);
  });

  test.each(['says nothing', 'never stops'])(
    'that is not taken in time is given up, by a server that %s',
    async (how) => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        const more = () => void (socket.destroyed || socket.write('220-more\r\n'.repeat(99), more));
        if (how === 'never stops') more();
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const clock = new FakeClock();
      const { port } = server.address() as AddressInfo;
      const connected = once(server, 'connection');
      const options = { host: '127.0.0.1', port, from: 'a@example.com', to: ['b@example.com'] };
      const { context } = await start();
      const sent = rejected(createSmtpChannel(options, { ...context, clock }).send(notification), 'timeout');
      const [socket] = await connected;
      const ended = new Promise((resolve) => socket.once('close', resolve));
      await clock.advance(10_000);
      await sent;
      socket.resume();
      await ended;
      server.close();
    },
  );

  test.each(['169.254.169.254', 'mail.example'])('is not sent to the metadata of a cloud: %s', async (host) => {
    const { context } = await start();
    const options = { host, from: 'a@example.com', to: ['b@example.com'] };
    const resolve = async () => ['169.254.169.254'];
    await rejected(createSmtpChannel(options, { ...context, resolve }).send(notification), 'config');
  });

  describe('to port 465', () => {
    afterEach(() => vi.restoreAllMocks());

    /** Who may not listen at a port below 1024 has that one stand for it. */
    async function startAt465(options?: SMTPServerOptions) {
      const scene = await start(options);
      const { connect } = Socket.prototype;
      vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args) {
        return Reflect.apply(
          connect,
          this,
          args.map((given) => (String(given) === '465' ? scene.port : given)),
        );
      });
      return scene;
    }

    test('is encrypted from the first byte', async () => {
      const { create, mails, logins } = await startAt465({ secure: true });
      await create({ port: 465 }).send(notification);
      expect(logins).toEqual([`keyward@example.com ${password}`]);
      expect(mails).toHaveLength(1);
    });

    test.each([
      ['of an authority that nobody named', { ca: undefined }, ['localhost', '127.0.0.1']],
      ['with another name', { host: '127.0.0.1' }, ['mail.example']],
    ])('is not sent to a server %s', async (_, change, names) => {
      const { certificate: cert, key: ownKey } = testCertificate(names);
      const { create, mails, logins, context } = await startAt465({ secure: true, cert, key: ownKey });
      writeFileSync(join(context.folder, 'ca.pem'), cert);
      const error = await rejected(create({ port: 465, ...change }).send(notification), 'integrity');
      expect(error.message).not.toContain('canary');
      expect([mails, logins]).toEqual([[], []]);
    });

    test('is not sent, and nobody signs in, where the server does not encrypt from the first byte', async () => {
      const { create, mails, logins } = await startAt465();
      await expect(create({ port: 465 }).send(notification)).rejects.toMatchObject({ name: 'KeywardError' });
      expect([mails, logins]).toEqual([[], []]);
    });
  });

  test('has senders and receivers who are nothing else', () => {
    const problems = (change: Readonly<Record<string, unknown>>) => [
      ...smtpChannelKind.problems({ host: 'mail.example', from: 'a@example.com', to: ['b@example.com'], ...change }),
    ];
    expect(problems({})).toEqual([]);
    for (const wrong of ['', 'x', 'a@b\r\nBcc: c@d', 'a@b, c@d', 'A <a@b>']) {
      expect(problems({ from: wrong })).toHaveLength(1);
      expect(problems({ to: [wrong] })).toHaveLength(1);
    }
    expect(problems({ host: 'smtp://mail.example', port: 70_000, to: undefined })).toHaveLength(3);
  });
});
