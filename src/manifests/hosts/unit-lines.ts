/** Settings of a service that takes from it what it hardly needs. Source: systemd.exec(5), "Sandboxing". */
export const sandbox: readonly string[] = [
  'UMask=0077',
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'LimitCORE=0',
  'PrivateDevices=yes',
  'PrivateTmp=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHome=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectProc=invisible',
  'ProtectSystem=strict',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
];

/** `%` begins a specifier. */
export const escaped = (text: string) => text.replaceAll('%', '%%');

/** One word of a command line, in which `$` would begin a variable. */
export function unitWord(word: string): string {
  const text = escaped(word).replaceAll('$', '$$$$');
  return /^[A-Za-z0-9_./:@%+=,$-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
