import { describe, expect, test } from 'vitest';
import { AccessLines } from './access-line.js';

function readIn(...lines: readonly (object | string)[]) {
  const read = new AccessLines('handed.log');
  for (const line of lines) read.push(typeof line === 'string' ? line : JSON.stringify(line));
  return read.end();
}

const hmac = (text: string) => `hmac-sha256:${text.repeat(32)}`;
const alice = { display_name: 'token-alice', accessor: hmac('a1') };
const response = (more: object, auth: object = alice, request: object = {}) => ({
  time: '2026-11-23T02:53:05.051710897Z',
  type: 'response',
  auth,
  request: { id: '1', operation: 'read', path: 'secret/data/app/one', remote_address: '10.0.0.7', ...request },
  ...more,
});
const value = { response: { data: { data: { value: hmac('c0') }, metadata: { version: 3 } } } };

describe('the log of an audit device of Vault', () => {
  test('names who had a value, by which token and from where', () => {
    const batch = { display_name: 'approle', accessor: hmac('b2'), metadata: { role_name: 'batch' } };
    const { accesses, gaps, beginsAt } = readIn(response(value), response(value, batch, { id: '2' }));
    expect(gaps).toEqual([]);
    expect(beginsAt).toEqual(new Date('2026-11-23T02:53:05.051Z'));
    expect(accesses).toMatchObject([
      { upstream: 'vault', path: 'secret/data/app/one', did: 'read', principal: 'token-alice', version: '3' },
      { principal: 'approle role_name=batch', source: '10.0.0.7 token b2b2b2b2b2b2' },
    ]);
  });

  test('tells what was read from what was written, refused, absent or left without an answer', () => {
    const asked = { ...response({}, alice, { id: '9' }), type: 'request' };
    const { accesses } = readIn(
      asked,
      response({ response: {} }),
      response({ error: '1 error occurred:\n\t* permission denied\n\n' }),
      response({ error: 'canary' }),
      response({ response: { data: { version: 4 } } }, alice, { operation: 'update' }),
      response({ response: { data: { keys: ['a'] } } }, alice, { operation: 'list' }),
    );
    expect(accesses.map(({ did, outcome, version }) => [did, outcome, version])).toEqual([
      ['tried', 'denied', undefined],
      ['tried', 'refused', undefined],
      ['wrote', 'ok', '4'],
      ['tried', 'without an answer', undefined],
    ]);
  });

  test('counts who opens a wrapping as one who had what is in it, and says when nobody did', () => {
    const wrapping = response({ response: { wrap_info: { token: hmac('d3') } } });
    const eve = { display_name: 'token-eve', accessor: hmac('e4') };
    const opening = { operation: 'update', path: 'sys/wrapping/unwrap' };
    const byArgument = response(value, eve, { ...opening, data: { token: hmac('d3') } });
    const byItself = response(value, {}, { ...opening, client_token: hmac('d3') });
    for (const [opened, who] of [
      [byArgument, 'token-eve'],
      [byItself, 'nobody who is known'],
    ] as const) {
      const { accesses, gaps } = readIn(wrapping, opened);
      expect(accesses.map(({ path, principal }) => [path, principal])).toEqual([
        ['secret/data/app/one', 'token-alice'],
        ['secret/data/app/one', who],
      ]);
      expect(gaps).toEqual([]);
    }
    expect(readIn(wrapping).gaps).toMatchObject([{ cause: expect.stringContaining('nobody opens') }]);
  });

  test('has the namespace before the path', () => {
    const { accesses } = readIn(response(value, alice, { namespace: { id: 'x', path: 'team/' } }));
    expect(accesses).toMatchObject([{ path: 'team/secret/data/app/one' }]);
  });
});

const event = (more: object) => ({
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/alice', accessKeyId: 'AKIAEXAMPLE' },
  eventTime: '2026-11-23T02:53:05Z',
  eventSource: 'secretsmanager.amazonaws.com',
  eventName: 'GetSecretValue',
  sourceIPAddress: '192.0.2.7',
  requestParameters: { secretId: 'bot/app/one', versionId: 'v1' },
  ...more,
});
const parameter = (eventName: string, requestParameters: object) =>
  event({ eventSource: 'ssm.amazonaws.com', eventName, requestParameters });

describe('events of CloudTrail', () => {
  test.each([
    ['as they are delivered', JSON.stringify({ Records: [event({})] })],
    [
      'as the command line of AWS prints them',
      JSON.stringify({ Events: [{ CloudTrailEvent: JSON.stringify(event({})) }] }),
    ],
    ['one a line', JSON.stringify(event({}))],
    ['as one document of many lines', JSON.stringify({ Records: [event({})] }, undefined, 2)],
  ])('are read %s', (_, text) => {
    const { accesses, gaps, beginsAt } = readIn(...text.split('\n'));
    expect(gaps).toEqual([]);
    expect(beginsAt).toEqual(new Date('2026-11-23T02:53:05Z'));
    expect(accesses).toMatchObject([
      {
        ...{ upstream: 'aws', path: 'bot/app/one', did: 'read', version: 'v1', outcome: 'ok' },
        ...{ principal: 'arn:aws:iam::123456789012:user/alice', source: '192.0.2.7 AKIAEXAMPLE' },
      },
    ]);
  });

  test('name a secret by its name, its ARN, or a part of that', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:bot/app/one';
    const paths = [`${arn}-a1B2c3`, arn].map((secretId) =>
      readIn(event({ requestParameters: { secretId } })).accesses.map(({ path }) => path),
    );
    expect(paths).toEqual([['bot/app/one-a1B2c3', 'bot/app/one'], ['bot/app/one']]);
  });

  test('tell what was read, written and refused, also of parameters', () => {
    const { accesses, gaps } = readIn(
      event({ eventName: 'PutSecretValue' }),
      event({ errorCode: 'AccessDenied' }),
      event({ errorCode: 'ResourceNotFoundException' }),
      event({ eventName: 'DescribeSecret' }),
      parameter('GetParameters', { names: ['/a', 'arn:aws:ssm:eu-west-1:123456789012:parameter/b'] }),
      parameter('GetParametersByPath', { path: '/bot' }),
    );
    expect(accesses.map(({ did, path, outcome, upstream }) => [did, path, outcome, upstream])).toEqual([
      ['wrote', 'bot/app/one', 'ok', 'aws'],
      ['tried', 'bot/app/one', 'denied', 'aws'],
      ['read', '/a', 'ok', 'ssm'],
      ['read', '/b', 'ok', 'ssm'],
    ]);
    expect(gaps).toMatchObject([{ cause: expect.stringContaining('user/alice read everything below /bot') }]);
  });

  test.each([
    ['an event that is none', { Records: [null, event({})] }],
    ['an event without a time', { Records: [event({ eventTime: 'today' }), event({})] }],
    ['an event that names no secret', { Records: [event({ requestParameters: null }), event({})] }],
    [
      'an event whose text is none',
      { Events: [{ CloudTrailEvent: '{' }, { CloudTrailEvent: JSON.stringify(event({})) }] },
    ],
  ])('%s is a gap, and the others are read', (_, entry) => {
    const { accesses, gaps } = readIn(entry);
    expect(accesses).toHaveLength(1);
    expect(gaps).toMatchObject([{ cause: expect.stringContaining('1 of its events') }]);
  });
});

test.each([
  ['a line of another log', '{"type":"response","time":"2026-01-01T00:00:00Z"}'],
  ['a member that is no object', JSON.stringify(response({}, alice)).replace(/"request":\{[^}]*\}/, '"request":[]')],
  ['objects in objects without an end', `${'{"a":'.repeat(50_000)}`],
  ['a document that is torn', '{'],
])('%s is a gap', (_, line) => {
  const { accesses, gaps } = readIn(line);
  expect(accesses).toEqual([]);
  expect(gaps).toHaveLength(1);
});

test('names of any length are kept short', () => {
  const long = 'x'.repeat(1_000_000);
  const { accesses } = readIn(
    response(value, { display_name: long, accessor: long, metadata: { a: long } }, { remote_address: long }),
    event({ userIdentity: { arn: long }, sourceIPAddress: long }),
  );
  for (const { principal, source } of accesses) expect(`${principal}${source}`.length).toBeLessThanOrEqual(400);
  expect(accesses).toHaveLength(2);
});
