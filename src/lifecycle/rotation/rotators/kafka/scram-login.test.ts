import { describe, expect, test } from 'vitest';
import { logInByScram } from './scram-login.js';

const hash = { digest: 'sha256', length: 32 } as const;
const nonce = 'rOprNGfwEbeRWgbNEkqO';
const challenge = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
const proof =
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const answer = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

async function logIn(...answers: readonly string[]): Promise<readonly string[]> {
  const sent: string[] = [];
  const login = { username: 'user', password: 'pencil', hash };
  await logInByScram(login, async (message) => answers[sent.push(message) - 1] ?? '', nonce);
  return sent;
}

describe('a login by SCRAM', () => {
  test('sends and accepts what the example of RFC 7677 does', async () => {
    expect(await logIn(challenge, answer)).toEqual([`n,,n=user,r=${nonce}`, proof]);
  });

  test('names a user with commas and equals signs', async () => {
    const sent: string[] = [];
    const login = { username: 'a=b,c', password: 'pencil', hash };
    await expect(logInByScram(login, async (message) => `${sent.push(message)}`, nonce)).rejects.toThrow();
    expect(sent).toEqual([`n,,n=a=3Db=2Cc,r=${nonce}`]);
  });

  test.each(['', 'v=', 'e=other-error', `v=${Buffer.alloc(32).toString('base64')}`, `${answer},x=1`])(
    'does not trust a server that answers %j to the proof',
    async (text) => {
      await expect(logIn(challenge, text)).rejects.toMatchObject({ code: 'integrity' });
    },
  );

  test.each([
    '',
    challenge.replace(nonce, 'another'),
    challenge.replace('%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', ''),
    challenge.replace('4096', '4095'),
    challenge.replace('4096', '9999999'),
    challenge.replace('4096', '04096'),
    challenge.replace('W22', 'W,2'),
    `m=ext,${challenge}`,
    `${challenge},x=1`,
  ])('goes no further with the challenge %j', async (text) => {
    await expect(logIn(text, answer)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
