import { createFileSink } from '../telemetry/sinks/file/file.js';
import { createHttpSink } from '../telemetry/sinks/http/http.js';
import { createStoreSink } from '../telemetry/sinks/store/store.js';
import { createStreamSink } from '../telemetry/sinks/stream/stream.js';

/** Where the access log can go, by the key in `audit:`. */
export const accessSinks = {
  file: createFileSink,
  stdout: createStreamSink,
  http: createHttpSink,
  store: createStoreSink,
} as const;
