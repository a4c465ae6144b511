import { describe, expect, test } from 'vitest';
import { rejected } from '../core/provider-read.contract.js';
import { guardedAddresses, isWrittenNowhere } from './guarded-addresses.js';

const nameOf = (...addresses: readonly string[]) => guardedAddresses('host.example', 'hook', async () => addresses);
const unasked = () => Promise.reject(new Error('nobody was to be asked'));

describe('a host that a configuration names', () => {
  test('is connected to at the addresses that were looked at, which are asked for once', async () => {
    let asked = 0;
    const answers = [['192.0.2.1', '2001:db8::1', '10.0.0.1', '64:ff9b::192.0.2.1'], ['127.0.0.1']];
    const addresses = await guardedAddresses('host.example', 'hook', async () => answers[asked++] ?? []);
    expect(addresses).toEqual(['192.0.2.1', '2001:db8::1', '10.0.0.1', '64:ff9b::192.0.2.1']);
    expect(asked).toBe(1);
  });

  test.each(['127.0.0.1', '127.8.9.1', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1', '::ffff:7f00:1'])(
    'is this machine only where it is written so: %s',
    async (address) => {
      expect(await guardedAddresses(address, 'hook', unasked)).toEqual([address]);
      expect(await guardedAddresses('localhost', 'hook', async () => [address])).toEqual([address]);
      expect((await rejected(nameOf(address), 'config')).advice).toContain('localhost');
      await rejected(nameOf('192.0.2.1', address), 'config');
      await rejected(
        guardedAddresses('2130706433', 'hook', async () => [address]),
        'config',
      );
    },
  );

  test.each([
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '0.1.2.3',
    '224.0.0.1',
    '255.255.255.255',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fd20:ce::254',
    'ff02::1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::169.254.169.254',
    '::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::7f00:1',
    '2002:a9fe:a9fe::1',
    '2002:7f00:1::',
  ])('is never the metadata of a cloud, a link or several hosts, however it is written: %s', async (address) => {
    await rejected(nameOf(address), 'config');
    await rejected(nameOf('192.0.2.1', address), 'config');
    await rejected(guardedAddresses(address, 'hook', unasked), 'config');
    await rejected(
      guardedAddresses('localhost', 'hook', async () => [address]),
      'config',
    );
  });

  test('localhost is this machine or nothing', async () => {
    await rejected(
      guardedAddresses('localhost', 'hook', async () => ['192.0.2.1']),
      'config',
    );
  });

  test('without an address cannot be reached', async () => {
    await rejected(nameOf(), 'unavailable');
    await rejected(guardedAddresses('host.invalid', 'hook', unasked), 'unavailable');
  });
});

test.each([
  ['https://169.254.169.254/latest', true],
  ['2852039166', true],
  ['http://0251.0376.0251.0376:80', true],
  ['[fe80::1]:8200', true],
  ['redis://[::ffff:169.254.169.254]', true],
  ['127.0.0.1:8200', false],
  ['0.0.0.0', false],
  ['http://[::1]:8200', false],
  ['10.0.0.7', false],
  ['vault.internal:8200/path', false],
  ['unix:///run/agent.sock', false],
  ['us-east-1', false],
  ['', false],
])('%s is written as an address of no server: %s', (server, expected) => {
  expect(isWrittenNowhere(server)).toBe(expected);
});
