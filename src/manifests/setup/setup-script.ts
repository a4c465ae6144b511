import type { ManifestFile } from '../manifest.js';

/** A script that stops at the first failure, and does nothing the second time. */
export function setupScript(store: string, commands: readonly string[]): readonly ManifestFile[] {
  const text = `#!/bin/sh\nset -eu\n${commands.map((command) => `${command}\n`).join('')}`;
  const next = 'Running it again changes nothing. Values come in by: keyward migrate';
  return [{ path: `setup-${store}.sh`, mode: 0o755, text, next }];
}
