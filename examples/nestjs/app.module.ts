import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { secretsConfig } from './secrets.config.js';
import { Sessions } from './sessions.service.js';

@Module({
  imports: [ConfigModule.forRoot({ ignoreEnvFile: true, load: [secretsConfig] })],
  providers: [Sessions],
})
export class AppModule {}
