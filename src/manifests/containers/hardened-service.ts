import type { DeployedApp } from '../../core/deployment.js';

export interface ServiceLimits {
  readonly memory: string;
  readonly cpus: string;
}

/** A service that is not root, writes nothing but `/tmp`, gains no rights, and takes no more than its share. */
export function hardenedService(app: DeployedApp, { memory, cpus }: ServiceLimits): object {
  return {
    ...(app.image === undefined ? { build: '.' } : { image: app.image }),
    ...(app.command && { command: app.command }),
    ...(app.port && { ports: [`127.0.0.1:${app.port}:${app.port}`] }),
    user: `${app.uid}:${app.uid}`,
    init: true,
    read_only: true,
    tmpfs: ['/tmp:size=64m,mode=1777,noexec,nosuid,nodev'],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'unless-stopped',
    deploy: { resources: { limits: { cpus, memory, pids: 256 } } },
  };
}

/** The texts of the document with every `$` as it is meant: a single one would begin a variable there. */
export function withoutVariables<T>(document: T): T {
  return JSON.parse(JSON.stringify(document).replaceAll('$', '$$$$'));
}
