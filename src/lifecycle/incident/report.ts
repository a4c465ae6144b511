import type { Facts, FrozenReader, Incident, IncidentSecret, IncidentTask, KnownRollout } from './incident.js';
import { tasksOf } from './incident.js';

/** All that is known of an incident, for a program. The same incident always gives the same. It holds no value. */
export function incidentDocument(
  incident: Incident,
  facts: Facts,
  laterFacts?: Facts,
  factsHandedIn: readonly Facts[] = [],
) {
  const { startedAt, closedAt, answers: _, handedIn: __, events, ...about } = incident;
  return {
    ...about,
    startedAt: timeText(startedAt),
    closedAt: closedAt === undefined ? undefined : timeText(closedAt),
    facts,
    laterFacts,
    factsHandedIn,
    tasks: tasksOf(incident).map(({ answer, ...task }) => ({
      ...task,
      done: answer && { ...answer, at: timeText(answer.at) },
    })),
    events: events.map((event) => ({ ...event, at: timeText(event.at) })),
  };
}

/** The same as Markdown, for people. */
export function incidentMarkdown(
  incident: Incident,
  facts: Facts,
  laterFacts?: Facts,
  factsHandedIn: readonly Facts[] = [],
): string {
  const { id, kind, principal, reason, project, environment, startedAt, startedBy, closedAt, named } = incident;
  const { secrets = [], related = [], copies = [], told, events } = incident;
  const tasks = tasksOf(incident);
  const title = kind === 'leak' ? `Incident ${id}` : `Offboarding of ${cell(principal ?? '')} (${id})`;
  const wanted = new Set<string>([...named, ...secrets.map(({ path }) => path)]);
  const readersIn = ({ readers }: Facts) => readers.filter(({ path }) => wanted.has(path)).map(readerRow);
  const readers = readersIn(facts);
  const later = laterFacts === undefined ? [] : readersIn(laterFacts);
  const handedIn = factsHandedIn.flatMap(readersIn);
  const all = [facts, ...factsHandedIn];
  const rollouts = secrets.flatMap(({ path, rollouts: known = [] }) =>
    known.map(({ name, state }) => [cell(path), cell(name), rolloutTexts[state]]),
  );
  const closed = closedAt === undefined ? 'open' : `closed ${timeText(closedAt)}`;
  const about = [
    ['Secrets', named.map(cell).join(', ')],
    ['Project, environment', `${cell(project ?? '-')}, ${cell(environment)}`],
    ['Begun', `${timeText(startedAt)} by ${cell(startedBy)}`],
    ['State', `${closed}, ${tasks.filter(({ answer }) => answer === undefined).length} tasks open`],
    ...(reason === undefined ? [] : [['Reason', cell(reason)]]),
  ];
  return [
    `# ${title}`,
    table(['', ''], about),
    '## Who had the values',
    `As the records said it at ${facts.at}${facts.since === undefined ? '' : `, from ${facts.since} on`}.`,
    readers.length === 0 ? 'Nobody, as far as they say.' : table(readerHeads, readers),
    ...(later.length === 0 ? [] : ['### Since it began, until all was replaced', table(readerHeads, later)]),
    ...(handedIn.length === 0
      ? []
      : ['### By records that were handed in after it began', table(readerHeads, handedIn)]),
    '### What the records cover',
    ...all
      .flatMap(({ sources }) => sources)
      .map(
        ({ where, beginsAt }) =>
          `- ${cell(where)}: ${beginsAt === undefined ? 'empty' : `records begin at ${beginsAt}`}`,
      ),
    ...all
      .flatMap(({ gaps }) => gaps)
      .map(({ where, cause }) => `- **may be incomplete**: ${cell(where)}: ${cell(cause)}`),
    '## Rotation and revocation',
    table(['Secret', 'Why', 'State'], secrets.map(secretRow)),
    ...(rollouts.length === 0 ? [] : ['### Roll-outs', table(['Secret', 'Roll-out', 'State'], rollouts)]),
    '## Related secrets',
    related.length === 0
      ? 'None found.'
      : table(
          ['Secret', 'Why', 'Rotated with it'],
          related.map(({ path, because }) => [
            cell(path),
            because.map(cell).join('; '),
            secrets.some((secret) => secret.path === path) ? 'yes' : 'no',
          ]),
        ),
    '## Copies',
    copies.length === 0
      ? 'None found.'
      : table(
          ['Secret', 'Where'],
          copies.map(({ path, where }) => [cell(path), cell(where)]),
        ),
    '## Notifications',
    told === undefined
      ? 'Not sent yet.'
      : told === 0
        ? 'Nobody is configured to be told.'
        : `Handed to ${told} channels; what one could not deliver, the command has said.`,
    '## Tasks',
    ...tasks.map(taskLine),
    '## What was done',
    table(
      ['When', 'Who', 'What'],
      events.map(({ at, by, what }) => [timeText(at), cell(by), cell(what)]),
    ),
    '',
  ]
    .join('\n\n')
    .replaceAll(/(?<=\n- [^\n]*)\n\n(?=- )/g, '\n');
}

const readerHeads = ['Secret', 'Who', 'Did', 'Store', 'Times', 'First', 'Last', 'Versions', 'Processes'];

function readerRow(reader: FrozenReader): readonly string[] {
  const { path, principal, did, store, count, first, last, versions, sources, outcomes, project, environment } = reader;
  const context = [project, environment].filter((part) => part !== undefined).join(', ');
  return [
    cell(path),
    cell(context === '' ? principal : `${principal} (${context})`),
    did === 'tried' || did === 'presented' ? `${did} (${outcomes.map(cell).join(', ')})` : did,
    cell(store),
    String(count),
    first,
    last,
    versions.map(cell).join(', ') || 'not recorded',
    sources.map(cell).join(', '),
  ];
}

const rolloutTexts: Readonly<Record<KnownRollout['state'], string>> = {
  idle: 'not begun',
  begun: 'begun, and not seen to end',
  brought: 'has the new value',
  'taken back': 'has the former value again',
};

function secretRow({ path, because, state, isRefused, waitUntil, failure }: IncidentSecret): readonly string[] {
  const texts = {
    open: 'not rotated yet',
    waiting: `rotated; the former value is accepted${waitUntil === undefined ? '' : ` until ${timeText(waitUntil)}`}`,
    done: isRefused === true ? 'rotated; the former value is refused' : 'rotated; nothing beyond the store was asked',
    failed: `could not be rotated (${failure})`,
    manual: 'a person has to rotate it',
  };
  return [cell(path), because.length === 0 ? 'named' : because.map(cell).join('; '), texts[state]];
}

function taskLine({ id, text, next, answer }: IncidentTask): string {
  const done =
    answer === undefined
      ? ''
      : ` — ${cell(answer.by)}, ${timeText(answer.at)}${answer.note === undefined ? '' : `: ${cell(answer.note)}`}`;
  const how = next === undefined || answer !== undefined ? '' : `: \`${next}\``;
  return `- [${answer === undefined ? ' ' : 'x'}] ${cell(text)} (${cell(id)})${how}${done}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Names come out of logs that others may write: they form no markup, no new line, and drive no terminal. */
function cell(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\\`*_[\]<>|#~&!]/g, (mark) => `\\${mark}`);
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
