/**
 * The names of the project's inventory, each with the names of its fields (`never` for a single value). `keyward types`
 * writes the declaration that fills it; without one every text is a name.
 */
export interface SecretNames extends Record<never, never> {}

/** `strict: true`, as `keyward types` declares it when told, refuses every name that the inventory does not list. */
export interface SecretNamesOptions extends Record<never, never> {}

/** A path that the inventory lists. */
export type ListedPath = keyof SecretNames & string;

type FieldsAt<P extends ListedPath> = SecretNames[P] & string;
type ListedName = { [P in ListedPath]: P | `${P}#${FieldsAt<P>}` | `${P}/${FieldsAt<P>}` }[ListedPath];

/** An open union keeps completion for what is listed. */
type OneOf<Listed extends string> = SecretNamesOptions extends { readonly strict: true }
  ? Listed | `${Listed}@${string}`
  : Listed | (string & {});

/** What names one value: `path`, `path/field`, `path#field`, each with an optional `@version`. */
export type SecretName = [ListedPath] extends [never] ? string : OneOf<ListedName>;

/** What names a secret as a whole. */
export type SecretPath = [ListedPath] extends [never] ? string : OneOf<ListedPath>;

type ListedField<P extends string> = P extends ListedPath ? FieldsAt<P> : never;

/** Fields by name: those that the inventory lists for the path, and whatever else the document has. */
export type SecretFields<P extends string, T> = Readonly<Record<string, T>> & {
  readonly [Field in ListedField<P>]?: T;
};
