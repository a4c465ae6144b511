import { Console } from 'node:console';
import { Writable } from 'node:stream';
import pino from 'pino';
import winston from 'winston';
import { Secret } from '../../src/index.js';
import {
  createLogRedactor,
  createRedactor,
  patchConsole,
  pinoRedaction,
  winstonFormat,
} from '../../src/redaction/index.js';
import type { Sink } from './sink.js';

/** A log in which a program writes values that were taken out of their secrets. */
export interface RedactionSink extends Sink {
  /** What is written, with redaction or, as a leak, without. */
  write(value: string, isRedacted: boolean): string;
}

export const redactionSinks: readonly RedactionSink[] = [
  {
    name: 'log of pino',
    how: 'values as message, member, name and error, through `pinoRedaction`',
    write: (value, isRedacted) =>
      printed((stream) => {
        const options = isRedacted ? pinoRedaction(redactorOf(value)) : {};
        const logger = pino({ level: 'trace', ...options }, stream);
        for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) {
          logger.child({ [value]: value })[level]({ deep: [value], err: new Error(value) }, `is ${value}`);
        }
      }),
  },
  {
    name: 'log of winston',
    how: 'as before, through `winstonFormat`',
    write: (value, isRedacted) =>
      printed((stream) => {
        const last = isRedacted ? [winston.format(winstonFormat(redactorOf(value)).transform)()] : [];
        const format = winston.format.combine(winston.format.json(), ...last);
        const logger = winston.createLogger({
          level: 'silly',
          format,
          transports: [new winston.transports.Stream({ stream })],
        });
        for (const level of ['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly']) {
          logger.log(level, `is ${value}`, { deep: [value], [value]: value });
        }
      }),
  },
  {
    name: 'console',
    how: 'every method that prints, through `patchConsole`',
    write: (value, isRedacted) =>
      printed((stream) => {
        const target = new Console({ stdout: stream, stderr: stream });
        if (isRedacted) patchConsole(redactorOf(value), target);
        for (const method of ['debug', 'info', 'log', 'warn', 'error', 'trace', 'dir', 'table'] as const) {
          target[method](method === 'dir' || method === 'table' ? [{ value }] : `is ${value}`);
        }
        target.log(new Map([[value, new Error(value)]]));
      }),
  },
  {
    name: 'redacted stream',
    how: 'values in five encodings, byte by byte, through the stream of `createRedactor`',
    write: (value, isRedacted) => {
      const bytes = Buffer.from(value);
      const text = [
        value,
        JSON.stringify(value),
        encodeURIComponent(value),
        bytes.toString('base64'),
        bytes.toString('hex'),
      ];
      const input = Buffer.from(text.join(' '));
      if (!isRedacted) return input.toString();
      const output = createRedactor({ values: [{ name: 'value', bytes }] }).stream();
      return Buffer.concat([...[...input].map((byte) => output.write(Buffer.of(byte))), output.end()]).toString();
    },
  },
];

function redactorOf(value: string) {
  return createLogRedactor({ values: () => [Secret.fromText(value)] });
}

function printed(write: (stream: Writable) => void): string {
  const chunks: string[] = [];
  write(new Writable({ write: (chunk, _encoding, done) => done(void chunks.push(String(chunk))) }));
  return chunks.join('');
}
