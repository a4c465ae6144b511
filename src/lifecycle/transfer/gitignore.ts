const required = [
  '.env',
  '.env.*',
  '!.env.example',
  '!.env*.sealed',
  '.env.secrets',
  'secrets/',
  '*.key',
  '*.pem',
] as const;

/**
 * What to append to a `.gitignore` so that it leaves out secret files: the required lines that it lacks, or `''`.
 * The exceptions are given again after a new `.env.*`, since in a `.gitignore` the last match counts.
 */
export function gitignoreAdditions(text: string): string {
  const present = new Set(text.split('\n').map((line) => line.trim()));
  const missing = required.filter((line) => !present.has(line) || (line.startsWith('!') && !present.has('.env.*')));
  if (missing.length === 0) return '';
  const isOpenLine = text !== '' && !text.endsWith('\n');
  return `${isOpenLine ? '\n' : ''}${missing.join('\n')}\n`;
}
