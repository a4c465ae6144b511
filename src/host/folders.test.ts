import { expect, test } from 'vitest';
import { userFolders } from './folders.js';

test('the folders lie in the home folder by default', () => {
  expect(userFolders({}, '/home/ada')).toEqual({
    data: '/home/ada/.local/share/keyward',
    config: '/home/ada/.config/keyward',
    state: '/home/ada/.local/state/keyward',
    cache: '/home/ada/.cache/keyward',
  });
});

test('absolute XDG variables are followed; empty and relative ones do not count', () => {
  const env = { XDG_DATA_HOME: '/srv/data', XDG_CONFIG_HOME: '', XDG_STATE_HOME: 'state' };
  expect(userFolders(env, '/home/ada')).toEqual({
    data: '/srv/data/keyward',
    config: '/home/ada/.config/keyward',
    state: '/home/ada/.local/state/keyward',
    cache: '/home/ada/.cache/keyward',
  });
});

test('an unknown home folder is an error only when it is needed', () => {
  const env = { XDG_DATA_HOME: '/d', XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s' };
  expect(userFolders(env, '')).toEqual({ data: '/d/keyward', config: '/c/keyward', state: '/s/keyward' });
  expect(() => userFolders({ ...env, XDG_STATE_HOME: undefined }, '')).toThrow(/home folder/);
});
