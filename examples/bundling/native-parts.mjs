/** What stays out of a bundle: the native parts of Keyward, each loaded only when it is needed. */
export const nativeParts = ['lmdb', '@node-rs/argon2', '@napi-rs/keyring'];
