import { deliveredValues } from '../delivered-values.js';
import { defineTarget } from '../manifest.js';
import { shellWord } from '../shell-word.js';
import { escaped, sandbox, unitWord } from './unit-lines.js';

/** Syntax: systemd.exec(5), "Credentials" and "Sandboxing"; systemd.syntax(7) and systemd.service(5) for quoting. */
export default defineTarget({
  summary: 'a systemd unit: the program in a sandbox, its secrets as credentials',
  options: {
    credentials: {
      value: '<how>',
      description: 'plain: files of a folder that only root reads; encrypted: by systemd-creds, for this machine',
      default: 'plain',
      choices: ['plain', 'encrypted'],
    },
    folder: { value: '<folder>', description: 'of the credentials; `/etc/credstore/<name>` when absent' },
    program: { value: '<command>', description: 'when the deployment has no command', default: '/usr/local/bin/app' },
  },
  render({ app, ...deployment }, { credentials, folder: stated, program }) {
    const values = deliveredValues({ app, ...deployment });
    const isEncrypted = credentials === 'encrypted';
    const folder = stated ?? `/etc/credstore${isEncrypted ? '.encrypted' : ''}/${app.name}`;
    const setting = isEncrypted ? 'LoadCredentialEncrypted' : 'LoadCredential';
    const ending = isEncrypted ? '.cred' : '';
    const command = app.command ?? program.split(' ').filter((word) => word !== '');
    const lines = [
      '[Unit]',
      `Description=${escaped(`${deployment.project} (${deployment.environment})`)}`,
      'Wants=network-online.target',
      'After=network-online.target',
      '',
      '[Service]',
      'Type=exec',
      `ExecStart=${command.map(unitWord).join(' ')}`,
      'Restart=on-failure',
      'RestartSec=5',
      'DynamicUser=yes',
      ...values.map(({ variable }) => `${setting}=${variable}:${escaped(folder)}/${variable}${ending}`),
      ...values.flatMap(({ env, variable }) => env.map((name) => `Environment=${name}_FILE=%d/${variable}`)),
      'CapabilityBoundingSet=',
      'MemoryMax=512M',
      'TasksMax=256',
      ...sandbox,
      '',
      '[Install]',
      'WantedBy=multi-user.target',
    ];
    return [{ path: `${app.name}.service`, text: `${lines.join('\n')}\n`, next: nextStep(folder, isEncrypted) }];
  },
});

function nextStep(folder: string, isEncrypted: boolean): string {
  const word = shellWord(folder);
  const first = isEncrypted
    ? `umask 077; mkdir -p ${word}; plain=$(mktemp -d /dev/shm/XXXXXX); keyward export --format systemd --out "$plain/all"
For each file in it: systemd-creds encrypt --name=NAME "$plain/all/NAME" ${word}/NAME.cred; then remove "$plain"`
    : `As root: keyward export --format systemd --out ${word}`;
  return `${first}\nThen: systemctl daemon-reload; a new value needs a restart.`;
}
