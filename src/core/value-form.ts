import { KeywardError } from './errors.js';

/** The forms that an inventory can ask of a value by name. */
export const formNames = ['url', 'pem', 'json', 'integer', 'strong'] as const;

/** What a value must look like. */
export type ValueForm =
  | { readonly kind: (typeof formNames)[number] }
  /** The whole value matches. */
  | { readonly kind: 'pattern'; readonly pattern: RegExp };

/**
 * The form that a text such as `url` or `/[a-z0-9]{32}/` asks for; the expression is one of JavaScript with the flag `u`.
 *
 * @throws KeywardError `invalid`
 */
export function parseValueForm(text: string): ValueForm {
  const kind = formNames.find((name) => name === text);
  if (kind !== undefined) return { kind };
  const source = /^\/(.+)\/$/s.exec(text)?.[1];
  try {
    if (source !== undefined) return { kind: 'pattern', pattern: new RegExp(`^(?:${source})$`, 'u') };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new KeywardError('invalid', 'a form is url, pem, json, integer, strong or an expression between slashes', {
    advice: 'Write it like url, or /[A-Za-z0-9]{64}/ for what the whole value must match.',
  });
}

/** The text that `parseValueForm` reads as this form. */
export function formatValueForm(form: ValueForm): string {
  return form.kind === 'pattern' ? `/${form.pattern.source.slice('^(?:'.length, -')$'.length)}/` : form.kind;
}
