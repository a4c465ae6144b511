import { defineTarget, type ManifestFile, type ManifestTarget } from '../manifest.js';

/** What never belongs into a repository, as the documents have it. */
const secretFiles = ['.env', '.env.*', '!.env.example', '.env.secrets', 'secrets/', '*.key', '*.pem'];

const target = (path: string, summary: string, lines: readonly string[]): ManifestTarget => ({
  ...defineTarget({
    summary,
    options: {},
    render: () => [{ path, text: `${lines.join('\n')}\n`, next: 'Add these lines to what is there.' }],
  }),
  isSame: hasAllLines,
});

export const gitignore = target('.gitignore', '.gitignore: lines that keep secrets out of the repository', secretFiles);

export const dockerignore = target('.dockerignore', '.dockerignore: lines that keep secrets out of the build', [
  '.git',
  'node_modules',
  ...secretFiles.map((line) => (line.startsWith('!') ? line : `**/${line}`)),
]);

/** Other lines are the user's. */
function hasAllLines(found: string, { text }: ManifestFile): boolean {
  const lines = new Set(found.split(/\r?\n/).map((line) => line.trim()));
  return text.split('\n').every((line) => line.startsWith('#') || line === '' || lines.has(line));
}
