/** What a key must be like. */
export interface KeyRules {
  /** Whether it may trade. */
  readonly trade: boolean;
  /** From where alone it may be used; without, that is not asked for. */
  readonly addresses: readonly string[] | undefined;
  /** Its name at the exchange; without, that is not asked for. */
  readonly label: string | undefined;
}

/** What the exchange says of a key; absent where it does not say. */
export interface KeyFacts {
  readonly trade?: boolean | undefined;
  /** Whether it may withdraw or transfer. */
  readonly move?: boolean | undefined;
  /** From where it may be used: `any`, `some` where the exchange does not say which, or these. */
  readonly addresses?: 'any' | 'some' | readonly string[] | undefined;
  readonly label?: string | undefined;
}

/** Why the key is not to be used, in words. What the exchange does not say is no reason. */
export function problemsOf(facts: KeyFacts, rules: KeyRules): readonly string[] {
  const problems: string[] = [];
  if (facts.move === true) problems.push('may withdraw or transfer');
  if (facts.trade === true && !rules.trade) problems.push('may trade');
  if (facts.trade === false && rules.trade) problems.push('may not trade');
  if (rules.addresses !== undefined && !isWithin(facts.addresses, rules.addresses)) {
    problems.push('may be used from other addresses than `addresses` lists');
  }
  if (rules.label !== undefined && facts.label !== undefined && facts.label !== rules.label) {
    problems.push('has another label than `label`');
  }
  return problems;
}

function isWithin(allowed: KeyFacts['addresses'], wanted: readonly string[]): boolean {
  if (typeof allowed !== 'object') return allowed !== 'any';
  return allowed.every((address) => wanted.includes(address));
}

/** What is known of a key, for the log: `may read; may not trade; …`. */
export function describeFacts({ trade, move, addresses, label }: KeyFacts): string {
  const may = (what: string, fact: boolean | undefined) =>
    fact === undefined ? `whether it may ${what} is not told` : `${fact ? 'may' : 'may not'} ${what}`;
  const from =
    addresses === undefined
      ? 'its addresses are not told'
      : addresses === 'any'
        ? 'from any address'
        : 'restricted by address';
  return [
    'works',
    may('trade', trade),
    may('withdraw or transfer', move),
    from,
    ...(label === undefined ? [] : ['labelled']),
  ].join('; ');
}
