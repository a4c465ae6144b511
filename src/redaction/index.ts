export { createLogRedactor, type LogRedactor, type LogRedactorOptions } from './log-redactor.js';
export { patchConsole } from './patch-console.js';
export { pinoRedaction } from './pino-redaction.js';
export type { RedactedStream } from './redacted-stream.js';
export { createRedactor, type NamedValue, type Redactor, type RedactorOptions } from './redactor.js';
export { winstonFormat } from './winston-format.js';
