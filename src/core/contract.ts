/** The part of a test framework that a contract suite needs. vitest, node:test and jest all fit. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => Promise<void>): void;
  /** Called for each declared deviation, so that it shows up in the report with its reason. */
  skip(name: string): void;
}

/** A case of the contract that this driver does not meet, and why. */
export interface Deviation {
  readonly test: string;
  readonly reason: string;
}

export type ContractCases<Subject> = Readonly<Record<string, (subject: Subject) => Promise<void>>>;

/**
 * Runs every case against a fresh subject. A deviation must name an existing case; a case that is left out without one
 * cannot exist.
 */
export function runContract<Subject>(
  runner: TestRunner,
  title: string,
  cases: ContractCases<Subject>,
  make: () => Promise<{ readonly subject: Subject; readonly dispose?: () => Promise<void> }>,
  deviations: readonly Deviation[] = [],
): void {
  const unknown = deviations.filter((deviation) => !(deviation.test in cases));
  if (unknown.length > 0) {
    throw new Error(`${title}: deviations from cases that do not exist: ${unknown.map((d) => d.test).join(', ')}`);
  }
  runner.describe(title, () => {
    for (const [name, run] of Object.entries(cases)) {
      const deviation = deviations.find((candidate) => candidate.test === name);
      if (deviation !== undefined) {
        runner.skip(`${name} (declared deviation: ${deviation.reason})`);
        continue;
      }
      runner.test(name, async () => {
        const { subject, dispose } = await make();
        try {
          await run(subject);
        } finally {
          await dispose?.();
        }
      });
    }
  });
}
