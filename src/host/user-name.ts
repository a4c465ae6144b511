import { userInfo } from 'node:os';

/** The name of the user that this process runs as, who may have none. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.()}`;
  }
}
