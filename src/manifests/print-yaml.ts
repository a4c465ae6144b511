/**
 * YAML documents that every reader takes for the same: texts that an older reader would take for something else (`yes`,
 * `012`, `1:30`) are quoted.
 */
export async function printYaml(...documents: readonly object[]): Promise<string> {
  const { stringify } = await import('yaml');
  const print = (document: object) =>
    stringify(document, { version: '1.1', compat: 'core', lineWidth: 0, aliasDuplicateObjects: false });
  return documents.map(print).join('---\n');
}
