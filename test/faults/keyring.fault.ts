import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home, keywardProgram } from './home.js';
import { assertProgram } from './needed-program.js';

/** A desktop session with an unlocked Secret Service, in which the lines are run. */
const session = (lines: readonly string[]) => [
  'printf "password of the login" | gnome-keyring-daemon --unlock --components=secrets --daemonize > /dev/null',
  ...lines,
];

let home: Home;
beforeEach(() => {
  assertProgram('dbus-run-session', 'dbus');
  assertProgram('gnome-keyring-daemon', 'gnome-keyring');
  home = Home.withStore();
  home.keywardSucceeds(['set', 'app/first', '--exact'], 'value-of-the-test');
});
afterEach(() => home.remove());

/** What `keyward` answered in a desktop session, one line of arguments after the other; the first failure ends it. */
function inSession(...commands: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  const runtime = join(home.root, 'run');
  mkdirSync(runtime, { mode: 0o700, recursive: true });
  const keyward = (args: string) => `"${process.execPath}" "${keywardProgram}" ${args}`;
  const script = ['set -e', ...session(commands.map(keyward))].join('\n');
  const { status, stdout } = spawnSync('dbus-run-session', ['--', 'sh', '-c', script], {
    cwd: home.project,
    env: { ...home.env, XDG_RUNTIME_DIR: runtime },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout };
}

const removeKeyFiles = () => {
  for (const name of readdirSync(home.keyFolder)) rmSync(join(home.keyFolder, name));
};

describe('the keyring of a desktop session', () => {
  test('opens the store in this session and in later ones, and nowhere else', () => {
    expect(inSession('slot add keyring').status).toBe(0);
    removeKeyFiles();
    expect(inSession('get app/first')).toEqual({ status: 0, stdout: 'value-of-the-test' });
    expect(home.keyward(['get', 'app/first'])).toMatchObject({ status: 5, stdout: '' });
  });

  test('holds another key once the slot was changed', () => {
    expect(inSession('slot add keyring', 'slot remove keyfile', 'slot change keyring').status).toBe(0);
    removeKeyFiles();
    expect(inSession('get app/first')).toEqual({ status: 0, stdout: 'value-of-the-test' });
  });
});
