/** Moto's signs for who asks which service; it looks at nothing else of them. */
const scope = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=x`,
});
const emptyZip = 'UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==';

/** A function that does nothing, so that moto leaves the new version pending, without a value, as the service does. */
export async function idleFunction(moto: string): Promise<string> {
  const asked = async (path: string, body: string | URLSearchParams, headers = {}) => {
    const answer = await fetch(`${moto}${path}`, { method: 'POST', body, headers });
    if (!answer.ok) throw new Error(`moto answers ${answer.status} to ${path}`);
    return answer;
  };
  await asked('/moto-api/config', JSON.stringify({ lambda: { use_docker: false } }));
  const role = { Action: 'CreateRole', Version: '2010-05-08', RoleName: 'rotates', AssumeRolePolicyDocument: '{}' };
  await asked('/', new URLSearchParams(role), scope('iam'));
  const made = await asked(
    '/2015-03-31/functions',
    JSON.stringify({
      FunctionName: 'rotates',
      Role: 'arn:aws:iam::123456789012:role/rotates',
      Handler: 'handler.handler',
      Runtime: 'nodejs22.x',
      Code: { ZipFile: emptyZip },
    }),
    scope('lambda'),
  );
  const { FunctionArn }: { readonly FunctionArn: string } = JSON.parse(await made.text());
  return FunctionArn;
}
