import type { OnProgress } from '../../core/progress.js';
import type { Invocation } from '../command.js';

export interface ProgressLine {
  readonly show: OnProgress;
  /** Takes the line away again. */
  readonly clear: () => void;
}

/** One line on standard error that says how far long work has come; nothing where no person watches. */
export function progressLine({ io, output, global }: Invocation): ProgressLine {
  const isShown = io.stderr.isTTY === true && !global.quiet && !output.json;
  let last = '';
  const write = (text: string) => {
    if (!isShown || text === last) return;
    last = text;
    io.stderr.write(`\r\u001b[K${text}`);
  };
  return {
    show: ({ step, part }) => write(`${step} ${Math.floor(part * 100)} %`),
    clear: () => write(''),
  };
}
