import { serverConfig } from '../containers/server-config.js';
import { defineTarget } from '../manifest.js';
import { sandbox, unitWord } from './unit-lines.js';

/** https://openbao.org/docs/configuration/ and systemd.service(5). */
export default defineTarget({
  summary: 'a server of Vault or OpenBao on a host: its configuration and its systemd unit',
  options: {
    program: { value: '<file>', description: 'of the server', default: '/usr/local/bin/vault' },
    address: { value: '<url>', description: 'by which others reach it', default: 'https://vault.example.com:8200' },
  },
  render(_, { program, address }) {
    const folder = '/etc/vault';
    const unit = [
      '[Unit]',
      'Description=Secrets server',
      'Wants=network-online.target',
      'After=network-online.target',
      '',
      '[Service]',
      'Type=notify',
      `ExecStart=${unitWord(program)} server -config=${folder}/config.hcl`,
      'ExecReload=/bin/kill --signal HUP $MAINPID',
      'KillMode=process',
      'Restart=on-failure',
      'User=vault',
      'Group=vault',
      'StateDirectory=vault',
      'LimitNOFILE=65536',
      'LimitMEMLOCK=infinity',
      'AmbientCapabilities=CAP_IPC_LOCK',
      'CapabilityBoundingSet=CAP_IPC_LOCK',
      ...sandbox,
      '',
      '[Install]',
      'WantedBy=multi-user.target',
    ];
    const config = serverConfig({ data: '/var/lib/vault', certificates: `${folder}/tls`, address });
    const next = `sudo useradd --system vault; put config.hcl, tls/cert.pem and tls/key.pem into ${folder}`;
    return [
      { path: 'config.hcl', text: config, next },
      {
        path: 'vault.service',
        text: `${unit.join('\n')}\n`,
        next: 'systemctl enable --now vault; vault operator init; then: keyward manifest setup vault',
      },
    ];
  },
});
