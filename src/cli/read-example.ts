import { join } from 'node:path';
import { readTextFile } from '../host/plain-file.js';
import { exampleFile } from '../lifecycle/inventory/example-file.js';

/** The text of the project's `.env.example`; `undefined` when it has none. @throws KeywardError as reading a file */
export function readExample(folder: string): Promise<string | undefined> {
  return readTextFile(join(folder, exampleFile), { maxBytes: 1024 * 1024 });
}
