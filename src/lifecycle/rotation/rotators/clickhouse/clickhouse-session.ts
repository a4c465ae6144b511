import { guardedPost } from '../../../../clients/http/guarded-post.js';
import { parseServerAddress } from '../../../../clients/http/origin.js';
import { wrongAnswer } from '../../../../clients/socket/channel.js';
import type { ServerName } from '../../../../clients/socket/server-name.js';
import type { Clock } from '../../../../core/clock.js';
import { isKeywardError, KeywardError } from '../../../../core/errors.js';
import type { Login } from '../login-rotator.js';

const timeoutMs = 15_000;

/** Numbers of errors (src/Common/ErrorCodes.cpp of ClickHouse), as the header of an answer has them. */
const refusals: Readonly<Record<string, readonly [KeywardError['code'], string, string?]>> = {
  36: ['config', 'takes no further password of the user', 'A user without a password cannot have one beside that.'],
  62: ['config', 'does not know the statement', 'One user takes ClickHouse from 24.9 on; name two who take turns.'],
  192: ['config', 'has no such user'],
  492: ['config', 'has no such user'],
  495: ['config', 'has the user in a file', 'Make it with CREATE USER: users of a file cannot be changed.'],
  497: ['denied', 'does not permit it', 'See the set-up in docs/guide/rotation.md.'],
  516: ['unauthenticated', 'refuses the login'],
};

/**
 * What a statement answers over HTTP, to whom logs in for it.
 *
 * @throws KeywardError by the number of the error; the text stays in here, since it may quote the statement. As
 * `guardedPost`.
 */
export async function askClickhouse(
  server: ServerName,
  { username, password }: Login,
  { statement, clock }: { readonly statement: string; readonly clock: Clock },
): Promise<string> {
  const store = server.text;
  const address = parseServerAddress(`${server.isTls ? 'https' : 'http'}://${store}`, 'servers');
  const target = { name: store, address, caSetting: 'NODE_EXTRA_CA_CERTS', clock };
  const login = Buffer.from(`${username}:${password.expose()}`).toString('base64');
  try {
    const { status, headers, body } = await guardedPost(target, {
      path: '/',
      headers: { authorization: `Basic ${login}`, 'content-type': 'text/plain; charset=utf-8' },
      body: Buffer.from(statement),
      timeoutMs,
    });
    const number = headers.get('x-clickhouse-exception-code');
    if (number === undefined && status === 200) return Buffer.from(body).toString();
    if (number === undefined) throw wrongAnswer();
    const [code, problem, advice] = refusals[number] ?? ['unavailable', 'could not do it'];
    throw new KeywardError(code, `ClickHouse at ${store} ${problem} (code ${number.slice(0, 8)})`, { store, advice });
  } catch (error) {
    // That the form of the password is refused is what `invalid` says of a rotator.
    throw isKeywardError(error, 'invalid') ? wrongAnswer() : error;
  }
}
