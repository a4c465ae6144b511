import { createHmac } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { secretsConfig } from './secrets.config.js';

@Injectable()
export class Sessions implements OnApplicationShutdown {
  constructor(@Inject(secretsConfig.KEY) private readonly secrets: ConfigType<typeof secretsConfig>) {}

  tokenFor(user: string): string {
    const { issuer, sessionKey } = this.secrets;
    const signature = createHmac('sha256', sessionKey.current().exposeBytes()).update(`${issuer}:${user}`);
    return `${user}.${signature.digest('base64url')}`;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.secrets.close();
  }
}
