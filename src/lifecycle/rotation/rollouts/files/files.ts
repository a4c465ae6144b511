import { resolve } from 'node:path';
import { KeywardError } from '../../../../core/errors.js';
import { payloadOf, payloadText } from '../../../../core/payload.js';
import { writeOwnedFile } from '../../../../host/owned-file.js';
import { readTextFile } from '../../../../host/plain-file.js';
import { assertTrustedRoute } from '../../../../host/trusted-route.js';
import { chosenValue } from '../chosen-value.js';
import type { Rollout, RolloutChange } from '../rollout.js';
import type { RolloutContext } from '../rollout-kind.js';

export interface FilesRolloutOptions {
  readonly file: string;
  /** Only this field; the whole secret when absent. */
  readonly field?: string | undefined;
  /** A file in whose text `{{field}}` stands for the value of a field. */
  readonly template?: string | undefined;
}

const maxTemplateBytes = 1024 * 1024;

/** A file for its owner alone that holds the value, replaced as a whole. Who reads it has to look again, or be told. */
export function createFilesRollout(options: FilesRolloutOptions, { folder }: RolloutContext): Rollout {
  const { file, field, template } = options;
  const target = resolve(folder, file);
  return {
    name: `file ${file}`,
    async apply(change) {
      const bytes =
        template === undefined ? chosenValue(change, field) : await render(resolve(folder, template), change);
      assertTrustedRoute(target);
      await writeOwnedFile(target, bytes);
    },
    pending: async () => undefined,
  };
}

async function render(template: string, change: RolloutChange): Promise<Uint8Array> {
  const text = await readTextFile(template, { maxBytes: maxTemplateBytes });
  if (text === undefined) throw new KeywardError('config', `there is no template ${template}`, { store: template });
  const filled = text.replaceAll(/\{\{\s*([\w.-]+)\s*\}\}/g, (_, field: string) =>
    payloadText(payloadOf(chosenValue(change, field))),
  );
  return new TextEncoder().encode(filled);
}
