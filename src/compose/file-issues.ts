import { isKeywardError } from '../core/errors.js';
import { parsePath, quoted } from '../core/path.js';
import { compilePathPattern } from '../core/path-pattern.js';
import { auditProblem } from './audit-schema.js';
import type { ConfigIssue } from './config-issues.js';
import type { ConfigFile } from './config-schema.js';
import { templateIssues } from './derived-issues.js';
import { notificationProblems } from './notification-schema.js';

/** What is wrong with one file although each of its keys has the right form. */
export function fileIssues(file: ConfigFile): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = pathIssues(file).map(({ key, reason }) => ({
    keyPath: ['secrets', key],
    problem: reason,
  }));
  issues.push(...templateIssues(file), ...formIssues(file));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(file.extends ?? '')) {
    issues.push({ keyPath: ['extends'], problem: 'names a file, never an address; keep a copy of it beside this one' });
  }
  const names = new Set<string>();
  for (const [index, { kind, options }] of (file.providers ?? []).entries()) {
    const name = options.name ?? kind;
    if (names.has(name)) {
      issues.push({
        keyPath: ['providers', index],
        problem: `a second provider is called ${quoted(name)}; give one of them another \`name\``,
      });
    }
    names.add(name);
    const prefix = 'prefix' in options ? options.prefix : undefined;
    const prefixProblem =
      prefix === undefined ? undefined : problemOf(() => parsePath(prefix.replaceAll('{env}', 'env')));
    if (prefixProblem !== undefined) {
      issues.push({ keyPath: ['providers', index, kind, 'prefix'], problem: prefixProblem });
    }
    for (const [at, pattern] of (options.serves ?? []).entries()) {
      const problem = problemOf(() => compilePathPattern(pattern));
      if (problem !== undefined) issues.push({ keyPath: ['providers', index, kind, 'serves', at], problem });
    }
  }
  const problemOfAudit = file.audit && auditProblem(file.audit);
  if (problemOfAudit !== undefined) issues.push({ keyPath: ['audit'], problem: problemOfAudit });
  for (const [key, problem] of file.notifications === undefined ? [] : notificationProblems(file.notifications)) {
    issues.push({ keyPath: ['notifications', ...key], problem });
  }
  const probe = file.health?.probe;
  const probeProblem = probe === undefined ? undefined : problemOf(() => parsePath(probe));
  if (probeProblem !== undefined) issues.push({ keyPath: ['health', 'probe'], problem: probeProblem });
  return issues;
}

/** A form that no value has would never be looked at. */
function formIssues({ secrets }: ConfigFile): readonly ConfigIssue[] {
  return Object.entries(secrets ?? {}).flatMap(([key, entry]) => {
    const { fields, form = {} } = entry ?? {};
    const keyPath = ['secrets', key, 'form'];
    if (typeof form === 'string') {
      return fields === undefined
        ? []
        : [{ keyPath, problem: 'a document has a form for each field: { field: form }' }];
    }
    const unknown = Object.keys(form).filter((field) => fields?.includes(field) !== true);
    return unknown.map((field) => ({ keyPath: [...keyPath, field], problem: '`fields` does not list this field' }));
  });
}

function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isKeywardError(error)) return error.message;
    throw error;
  }
}

/** Keys of `secrets:` that are no paths, each with the reason. */
function pathIssues(file: ConfigFile): readonly { readonly key: string; readonly reason: string }[] {
  return Object.keys(file.secrets ?? {}).flatMap((key) => {
    try {
      parsePath(key);
      return [];
    } catch (error) {
      return [{ key, reason: isKeywardError(error) ? error.message : 'is not a path' }];
    }
  });
}
