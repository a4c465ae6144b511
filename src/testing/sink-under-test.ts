/** What lines of the access log say, without the version of their form. */
export function entriesOf(lines: string): readonly unknown[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { v, ...entry } = JSON.parse(line);
      if (v !== 1) throw new Error(`a line has the version ${v}`);
      return entry;
    });
}
