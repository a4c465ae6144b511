import { defineRolloutKind } from '../rollout-kind.js';

export const filesRolloutKind = defineRolloutKind({
  options: { file: 'file', field: 'text', template: 'file' },
  shorthand: 'file',
  *problems({ file, field, template }) {
    if (file === undefined) yield '`file` is missing: what is written';
    if (field !== undefined && template !== undefined) yield 'either a `field` or a `template`';
  },
  async create({ file = '', field, template }, context) {
    const { createFilesRollout } = await import('./files.js');
    return [createFilesRollout({ file, field, template }, context)];
  },
});
