/** A place into which a value must not get, as the documentation lists it. */
export interface Sink {
  readonly name: string;
  /** How a test comes to see what is in it. */
  readonly how: string;
}
