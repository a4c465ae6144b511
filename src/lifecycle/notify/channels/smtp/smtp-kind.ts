import { defineChannelKind, missing } from '../channel-kind.js';

const mailbox = /^[^\s<>",;@]+@[^\s<>",;@]+$/;

export const smtpChannelKind = defineChannelKind({
  options: {
    host: 'address',
    port: 'count',
    from: 'text',
    to: 'texts',
    username: 'text',
    password: 'secret',
    ca: 'file',
  },
  *problems(options) {
    yield* missing(options, ['host', 'from', 'to']);
    const { host = 'host', port = 587, from, to = [] } = options;
    if (!/^[\w.:-]+$/.test(host)) yield '`host` is the name or address of a server';
    if (port > 65_535) yield 'a `port` is at most 65535';
    const wrong = [...to, ...(from === undefined ? [] : [from])].some((address) => !mailbox.test(address));
    if (wrong) yield '`from` and `to` hold addresses such as ops@example.com';
  },
  async create({ host = '', from = '', to = [], ...more }, context) {
    const { createSmtpChannel } = await import('./smtp.js');
    return createSmtpChannel({ host, from, to, ...more }, context);
  },
});
