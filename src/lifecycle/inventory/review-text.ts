import type { Review, ReviewedSecret } from './review.js';

/** The review as a document of Markdown, to be kept with the project. */
export function reviewText(review: Review): string {
  const { project, environment, from, to, secrets, principals, unread, unlisted, lines, findings, gaps } = review;
  const open = lines.filter(({ state }) => state === 'open' || state === 'fail');
  const overdue = secrets.filter(({ isOverdue }) => isOverdue);
  return [
    `# Review of secrets: ${[project, environment].filter(Boolean).join(', ')}`,
    `From ${dayOf(from)} to ${dayOf(to)}.`,
    list([
      `${secrets.length} secrets in the inventory, ${secrets.filter(({ state }) => state !== 'present').length} of them not there or not readable`,
      `${overdue.length} overdue for rotation; ${sum(secrets.map(({ rotations }) => rotations))} rotations came to their end`,
      `${principals.length} principals in the records; ${unread.length} secrets that none of them read`,
      `${lines.length - open.length} of ${lines.length} lines of the checklist hold`,
    ]),
    '## To do',
    findings.length === 0
      ? 'Nothing.'
      : list(findings.map(({ severity, where, cause, fix }) => `${severity}: ${where}: ${cause}. ${fix ?? ''}`.trim())),
    '## Secrets',
    table(
      ['secret', 'owner', 'state', 'rotate by', 'expires', 'rotations', 'read by', 'read last'],
      secrets.map((secret) => [
        secret.path,
        secret.owner ?? '',
        secret.state,
        dueText(secret),
        dayOf(secret.expiresAt),
        String(secret.rotations),
        secret.readBy.join(', '),
        dayOf(secret.lastReadAt),
      ]),
    ),
    '## Who read',
    table(
      ['principal', 'reads', 'secrets', 'refused', 'last'],
      principals.map(({ principal, reads, secrets: paths, refused, lastAt }) => [
        principal,
        String(reads),
        paths.join(', '),
        refused.join(', '),
        dayOf(lastAt),
      ]),
    ),
    '## Read by nobody',
    unread.length === 0 ? 'None.' : `Does anybody need them?\n\n${list(unread)}`,
    '## Read and not in the inventory',
    unlisted.length === 0 ? 'None.' : list(unlisted),
    '## Checklist',
    table(
      ['line', 'state', 'who', 'until', ''],
      lines.map(({ id, title, state, by, until }) => [id, state, by ?? '', dayOf(until), title]),
    ),
    '## What the records may not say',
    gaps.length === 0 ? 'Nothing is known to be missing.' : list(gaps.map(({ where, cause }) => `${where}: ${cause}`)),
    '',
  ].join('\n\n');
}

function dueText({ isOverdue, rotationDueAt }: ReviewedSecret): string {
  return isOverdue
    ? `overdue${rotationDueAt === undefined ? '' : ` since ${dayOf(rotationDueAt)}`}`
    : dayOf(rotationDueAt);
}

function dayOf(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? '';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${inline(item)}`).join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'None.';
  const line = (cells: readonly string[]) => `| ${cells.map(inline).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Names come from records that others write: none of them may begin a line, a cell or a link. */
function inline(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, ' ')
    .replaceAll(/[\\`*_[\]<>|#]/g, (mark) => `\\${mark}`);
}
