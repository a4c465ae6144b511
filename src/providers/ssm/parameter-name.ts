/** Of one value; above 4 KiB a parameter is an advanced one. */
export const maxValueBytes = 8192;
const maxNameLength = 1011;
const maxLevels = 15;

/** Why no parameter can have the name; `undefined` when one can. Source: the API reference of `PutParameter`. */
export function parameterProblem(name: string): string | undefined {
  if (!/^[A-Za-z0-9_./-]*$/.test(name)) return 'its name has more than letters, digits and _.-';
  if (name.length > maxNameLength) return `its name has more than ${maxNameLength} characters`;
  return name.split('/').length - 1 > maxLevels ? `its name has more than ${maxLevels} levels` : undefined;
}
