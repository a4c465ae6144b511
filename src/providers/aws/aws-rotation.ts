import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import { isRefusal } from '../../clients/aws/aws-failure.js';
import type { NewRotation, SecretsApi } from '../../clients/aws/secrets-api.js';
import { currentLabel, idWith, pendingLabel } from '../../clients/aws/stages.js';
import { KeywardError } from '../../core/errors.js';
import type { ManagedRotation, RotationRules } from '../../core/managed-rotation.js';
import type { Path } from '../../core/path.js';

const maxDays = 1000;
/** The characters of a schedule and its form, as the API reference of RotationRulesType has them. */
const scheduleForm = /^(?:cron|rate)\([0-9A-Za-z#?*\-/, ]{1,250}\)$/;
const functionForm = /^arn:[a-z-]+:lambda:[0-9A-Za-z:_$-]{1,512}$/;

/** What the service does about rotation. @param nameOf what a secret is called there, by its path. */
export function awsRotation(store: string, service: SecretsApi, nameOf: (path: Path) => string): ManagedRotation {
  const refused = (code: 'invalid' | 'conflict' | 'unsupported', problem: string, advice: string) =>
    new KeywardError(code, `${store} does not rotate this secret: ${problem}`, { store, advice });

  const settings = ({ days, schedule, function: RotationLambdaARN, isDeferred }: RotationRules): NewRotation => {
    const refuse = (problem: string, advice: string) => refused('invalid', problem, advice);
    if (days !== undefined && schedule !== undefined) throw refuse('it has days and a schedule', 'Give one of them.');
    if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= maxDays)) {
      throw refuse('the days are no number that it takes', `Give a whole number of days from 1 to ${maxDays}.`);
    }
    if (schedule !== undefined && !scheduleForm.test(schedule)) {
      throw refuse('the schedule has not its form', 'Write it like: cron(0 16 1,15 * ? *), or: rate(10 days).');
    }
    if (RotationLambdaARN !== undefined && !functionForm.test(RotationLambdaARN)) {
      throw refuse(
        'the function is no ARN of one',
        'Write it like: arn:aws:lambda:<region>:<account>:function:<name>.',
      );
    }
    return {
      RotationLambdaARN,
      RotationRules: rulesOf(days, schedule),
      RotateImmediately: isDeferred === true ? false : undefined,
    };
  };

  return {
    async status(path, { signal } = {}) {
      const found = await service.describe(nameOf(path), signal);
      return (
        found && {
          isEnabled: found.RotationEnabled === true,
          days: found.RotationRules?.AutomaticallyAfterDays,
          schedule: found.RotationRules?.ScheduleExpression,
          by: rotatorOf(found),
          last: found.LastRotatedDate,
          next: found.NextRotationDate,
          pending: pendingOf(found),
        }
      );
    },

    async start(path, rules = {}, { signal } = {}) {
      const name = nameOf(path);
      const asked = settings(rules);
      const found = await service.describe(name, signal);
      if (found === undefined) throw new KeywardError('not_found', `${store} does not hold ${name}`, { store, path });
      if (found.DeletedDate !== undefined) throw service.deleted(name);
      const pending = pendingOf(found);
      if (pending !== undefined) {
        throw refused(
          'conflict',
          `version ${pending} is pending, of a rotation that goes on or has failed`,
          `Wait; if it failed: aws secretsmanager update-secret-version-stage --secret-id ${name} --version-stage ${pendingLabel} --remove-from-version-id ${pending}`,
        );
      }
      if (asked.RotationLambdaARN === undefined && rotatorOf(found) === undefined) {
        throw refused(
          'unsupported',
          'no function does it, and it belongs to no service that would',
          `Name the function: keyward rotation start ${path} --function <arn>`,
        );
      }
      try {
        const version = await service.rotate(name, asked, signal);
        return rules.isDeferred === true ? undefined : version;
      } catch (error) {
        if (!isRefusal(error, 'AccessDeniedException')) throw error;
        throw new KeywardError(
          'denied',
          `${store} does not permit the rotation of ${name}, or may not call its function`,
          {
            store,
            advice:
              'Allow secretsmanager:RotateSecret and lambda:InvokeFunction to who asks, and lambda:InvokeFunction to secretsmanager.amazonaws.com in the policy of the function.',
            cause: error,
          },
        );
      }
    },
  };
}

function rulesOf(days: number | undefined, schedule: string | undefined): NewRotation['RotationRules'] {
  if (days !== undefined) return { AutomaticallyAfterDays: days };
  return schedule === undefined ? undefined : { ScheduleExpression: schedule };
}

/** The function; else the service, or the partner, that the secret belongs to and that rotates it itself. */
function rotatorOf(found: DescribeSecretCommandOutput): string | undefined {
  return [found.RotationLambdaARN, found.OwningService, found.Type].find((by) => by !== undefined && by !== '');
}

/** The service takes a rotation for unfinished while this label is not at the current version. */
function pendingOf({ VersionIdsToStages: labels }: DescribeSecretCommandOutput): string | undefined {
  const pending = idWith(pendingLabel, labels);
  return pending === idWith(currentLabel, labels) ? undefined : pending;
}
