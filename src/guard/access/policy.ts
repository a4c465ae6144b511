import { KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';
import { ownerPolicyName } from '../caller.js';
import type { AccessCapability } from '../operations/operation.js';

export type RuleCapability = AccessCapability | 'deny';

/**
 * Grants capabilities on the paths that match: exactly this path, every path that begins with it when it ends in `*`
 * (not bound to segments), and any one segment where a segment of it is `+`. `*` anywhere else is literal.
 */
export interface PolicyRule {
  readonly path: string;
  /** `deny` takes away everything else that this path is granted, in this and in any other policy. */
  readonly capabilities: readonly RuleCapability[];
  /**
   * Grants reading and patching of these fields only, each asked for by name; reading or changing the whole document is
   * then not granted, and neither is any other capability.
   */
  readonly fields?: readonly string[] | undefined;
}

export interface Policy {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
}

/** The policies in force, by name. A name without one grants nothing. */
export type Policies = Pick<ReadonlyMap<string, Policy>, 'get'>;

const everyCapability: readonly AccessCapability[] = ['create', 'read', 'update', 'patch', 'delete', 'list', 'sudo'];

/** Everything, for whoever unlocked the store on this machine. */
export const ownerPolicy: Policy = {
  name: ownerPolicyName,
  rules: [{ path: '*', capabilities: everyCapability }],
};

/** The policy itself. @throws KeywardError `invalid` naming the rule that can never mean what it says. */
export function checkedPolicy(policy: Policy): Policy {
  for (const rule of policy.rules) {
    const problem = ruleProblem(rule);
    if (problem !== undefined) {
      throw new KeywardError('invalid', `policy ${quoted(policy.name)}, path ${quoted(rule.path)}: ${problem}`, {
        advice: 'Write paths like secret/data/app/*, secret/data/+/password or sys/audit.',
      });
    }
  }
  return policy;
}

function ruleProblem(rule: PolicyRule): string | undefined {
  if (rule.path === '') return 'the path is empty';
  if (rule.path.startsWith('/')) return 'the path begins with a slash';
  if (rule.path.includes('+*')) return '"+*" is not allowed';
  if (rule.capabilities.length === 0) return 'it has no capabilities';
  if (rule.fields === undefined) return undefined;
  if (rule.fields.length === 0) return 'the list of fields is empty';
  const isFieldwise = rule.capabilities.every((capability) => capability === 'read' || capability === 'patch');
  return isFieldwise ? undefined : 'fields go with the capabilities read and patch only';
}
