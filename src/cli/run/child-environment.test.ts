import { describe, expect, test } from 'vitest';
import { assertText } from '../../compose/assert-text.js';
import { Secret } from '../../core/secret.js';
import { baseEnvironment, givenAsFiles, givenAsText, refuseNames } from './child-environment.js';

const secrets = (values: Readonly<Record<string, string>>) =>
  new Map(Object.entries(values).map(([name, value]) => [name, Secret.fromText(value)]));

describe('the environment that a program starts from', () => {
  const env = { PATH: '/bin', LC_ALL: 'C', TERM: 'xterm', AWS_TOKEN: 'x', MINE: 'y', KEYWARD_TOKEN: 'own' };

  test('is ours without the credentials of Keyward', () => {
    const { KEYWARD_TOKEN: _, ...rest } = env;
    expect(baseEnvironment(env, undefined)).toEqual(rest);
  });

  test('when it is to be clean holds what every program needs and what is kept, and never those credentials', () => {
    const clean = { PATH: '/bin', LC_ALL: 'C', TERM: 'xterm' };
    expect(baseEnvironment(env, new Set())).toEqual(clean);
    expect(baseEnvironment(env, new Set(['MINE', 'KEYWARD_TOKEN', 'ABSENT']))).toEqual({ ...clean, MINE: 'y' });
  });
});

describe('values', () => {
  test('given as text leave no file variable beside them that says something else', () => {
    const given = givenAsText(secrets({ TLS: 'a', TLS_FILE: 'b', SSL_CERT: 'c' }));
    expect(given).toEqual({ TLS: 'a', TLS_FILE: 'b', TLS_FILE_FILE: undefined, SSL_CERT: 'c' });
  });

  test('given as files leave no variable with the value', () => {
    const paths = new Map([
      ['TLS', '/f/TLS'],
      ['TLS_FILE', '/f/TLS_FILE'],
    ]);
    expect(givenAsFiles(paths)).toEqual({ TLS: undefined, TLS_FILE: '/f/TLS', TLS_FILE_FILE: '/f/TLS_FILE' });
  });

  test('that no variable can hold are refused by name', () => {
    expect(() => assertText(secrets({ GOOD: 'x', BAD: 'CANARY\0' }))).toThrow(
      expect.objectContaining({ code: 'invalid', message: expect.stringMatching(/^(?!.*CANARY).*BAD/) }),
    );
    expect(() => assertText(new Map([['BIN', Secret.fromBytes(Uint8Array.of(0xff))]]))).toThrow('BIN');
  });
});

test('names that change how programs run are refused together unless each is allowed', () => {
  const names = ['LD_PRELOAD', 'FINE', 'https_proxy'];
  expect(() => refuseNames(names, new Set())).toThrow('refused to set LD_PRELOAD, https_proxy');
  expect(() => refuseNames(names, new Set(['LD_PRELOAD']))).toThrow('refused to set https_proxy:');
  expect(() => refuseNames(names, new Set(['LD_PRELOAD', 'https_proxy']))).not.toThrow();
});
