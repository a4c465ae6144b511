import { KeywardError } from '../core/errors.js';

/** What systemd gives to one service at most, names and values together. */
const maxTotalBytes = 1024 * 1024;

/**
 * The lines of a unit's `[Service]` section by which systemd gives the service the files of a folder as credentials, with
 * a variable `NAME_FILE` for each. `SetCredential=` would hold the values themselves, but every user can read units.
 *
 * Syntax: systemd.exec(5), "Credentials"; `%` begins a specifier and is doubled.
 *
 * @param folder absolute.
 * @throws KeywardError `invalid` for more than systemd gives, and for a folder with a line end in its name.
 */
export function formatSystemdUnit(folder: string, files: ReadonlyMap<string, Uint8Array>): string {
  const total = [...files].reduce((sum, [name, bytes]) => sum + name.length + bytes.length, 0);
  if (total > maxTotalBytes) {
    throw new KeywardError('invalid', `a service gets credentials of 1 MiB at most, and these have ${total} bytes`, {
      advice: 'Export only what this service needs, with --only or --path.',
    });
  }
  if (/\p{Cc}/u.test(folder)) throw new KeywardError('invalid', 'a unit cannot name this folder', { store: folder });
  const lines = [...files.keys()].flatMap((name) => [
    `LoadCredential=${name}:${folder.replaceAll('%', '%%')}/${name}`,
    `Environment=${name}_FILE=%d/${name}`,
  ]);
  return `[Service]\n${lines.map((line) => `${line}\n`).join('')}`;
}
