/** A text in HCL, in which `${` and `%{` would begin a template. Source: the syntax specification of HCL, "Template Literals". */
export function hclText(text: string): string {
  return JSON.stringify(text).replaceAll(/[$%]\{/g, (start) => `${start[0]}${start}`);
}

/** A name of a resource or variable for the text: letters, digits and underscores. */
export function hclName(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9]+/g, '_');
  return /^[A-Za-z]/.test(name) ? name : `_${name}`;
}
