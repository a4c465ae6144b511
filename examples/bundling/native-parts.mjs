/** What stays out of a bundle: parts of Keyward that are native, or that it loads only where they are installed. */
export const nativeParts = ['lmdb', '@node-rs/argon2', '@napi-rs/keyring', 'prom-client'];
