import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A name for the time since the host started: letters, digits and dashes. */
export function bootId(): string {
  const text =
    process.platform === 'darwin'
      ? execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' })
      : readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  return text.trim().toLowerCase();
}
