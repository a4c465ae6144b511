import 'reflect-metadata';
import { createInterface } from 'node:readline/promises';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { Sessions } from './sessions.service.js';

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const sessions = app.get(Sessions);
console.log('ready');
// Each line is the name of a user, and is answered with a token.
for await (const user of createInterface({ input: process.stdin })) console.log(sessions.tokenFor(user));
await app.close();
