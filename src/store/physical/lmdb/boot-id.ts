import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A name for the time since the host started: letters, digits and dashes. */
export async function bootId(): Promise<string> {
  const text =
    process.platform === 'darwin'
      ? (await promisify(execFile)('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'])).stdout
      : await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return text.trim().toLowerCase();
}
