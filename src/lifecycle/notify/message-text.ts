import type { Notification } from '../../core/notification.js';

/** As much as every channel takes. */
const maxLength = 3_000;

/** One line that says what it is about. */
export function messageTitle({ project, environment, text }: Notification): string {
  return oneLine(`[${project === undefined ? '' : `${project}/`}${environment}] ${text}`);
}

/** The message as people read it, in lines. */
export function messageText(notification: Notification): string {
  const { owner, next } = notification;
  return [
    messageTitle(notification),
    ...(owner === undefined ? [] : [oneLine(`owner: ${owner}`)]),
    ...(next === undefined ? [] : [oneLine(`next: ${next}`)]),
  ].join('\n');
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, ' ').slice(0, maxLength / 3);
}
