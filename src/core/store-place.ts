/**
 * Where a secret lies in a store, in the store's own words, as far as the configuration and the environment say it. What
 * is absent is found by the store's own tools at run time: a region, a project, a namespace.
 */
export type StorePlace =
  | { readonly kind: 'keyward'; readonly name: string }
  | {
      readonly kind: 'vault';
      readonly address: string | undefined;
      readonly namespace: string | undefined;
      /** Where the engine is mounted. */
      readonly mount: string;
      readonly name: string;
    }
  | { readonly kind: 'aws'; readonly region: string | undefined; readonly name: string }
  /** The name begins with a slash. */
  | { readonly kind: 'ssm'; readonly region: string | undefined; readonly name: string }
  | {
      readonly kind: 'gcp';
      readonly project: string | undefined;
      readonly location: string | undefined;
      readonly name: string;
    }
  /** The vault is an address such as `https://my-vault.vault.azure.net`. */
  | { readonly kind: 'azure'; readonly vault: string; readonly name: string }
  | {
      readonly kind: 'kubernetes';
      readonly namespace: string | undefined;
      /** Of the Secret. */
      readonly name: string;
      /** Of the value, in a Secret that holds several paths; absent where each path has its own. */
      readonly key: string | undefined;
    };
