/**
 * The configuration that `init` writes: the user's store, then the environment.
 *
 * @param schema where an editor finds the JSON Schema, if it can.
 */
export function defaultConfigText(project: string, schema?: string): string {
  return configText(project, schema, [`- keyward: { prefix: "${project}/{env}" }`, '- env: {}'], 'keyward');
}

/** As `defaultConfigText`, for the chain Vault → AWS → environment, each asked when the one before it is out of reach. */
export function documentedConfigText(project: string, schema?: string): string {
  const links = [
    '- vault: { mount: secret }                             # VAULT_ADDR says where',
    `- aws: { prefix: "${project}", onUnavailable: next }   # AWS_REGION says where`,
    '- env: {}',
  ];
  return configText(project, schema, links, 'vault');
}

function configText(project: string, schema: string | undefined, links: readonly string[], target: string): string {
  return `${schema === undefined ? '' : `# yaml-language-server: $schema=${schema}\n`}# What this project needs and where it is looked for, in order. Holds no secret; commit it.
# Reference: docs/reference/configuration.md
project: "${project}"
environment: development

providers:
${links.map((link) => `  ${link}`).join('\n')}
write: ${target}

secrets: {}
`;
}

/** The folder's name as a segment of a path; what cannot stand there becomes a dash. */
export function projectName(folderName: string): string {
  const name = folderName
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  return name === '' ? 'project' : name;
}
