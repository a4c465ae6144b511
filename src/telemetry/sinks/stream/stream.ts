import type { Writable } from 'node:stream';
import { KeywardError } from '../../../core/errors.js';
import { type AccessSink, jsonLines } from '../../access-sink.js';

/** Lines of JSON on an output of the process, which stays open. */
export function createStreamSink(name: string, stream: Writable): AccessSink {
  return {
    name,
    write: (entries) =>
      new Promise((resolve, reject) => {
        // A reader that went away must not end the process on behalf of a log.
        const onError = () => {};
        stream.on('error', onError);
        stream.write(jsonLines(entries), (error) => {
          setImmediate(() => stream.off('error', onError));
          if (error == null) resolve();
          else reject(new KeywardError('unavailable', `${name} takes nothing any more`, { store: name, cause: error }));
        });
      }),
    close: async () => {},
  };
}
