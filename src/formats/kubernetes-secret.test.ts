import { describe, expect, test } from 'vitest';
import { readKubernetesSecrets } from './kubernetes-secret.js';
import { parseYamlTrees } from './yaml-tree.js';

const secret = (rest: string, name = 'db') => `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\n${rest}\n`;
const read = async (text: string) => readKubernetesSecrets(await parseYamlTrees(text, 'f'), 'f');
const valuesOf = async (text: string) =>
  (await read(text)).values.map(({ secret: name, key, bytes }) => [name, key, Buffer.from(bytes).toString('latin1')]);

describe('Kubernetes Secrets', () => {
  test('give the bytes of data, and the text of stringData over them', async () => {
    const text = secret('data: { a: AP8=, b: eA== }\nstringData: { b: y, c: "" }');
    expect(await valuesOf(text)).toEqual([
      ['db', 'a', '\u0000\u00ff'],
      ['db', 'b', 'y'],
      ['db', 'c', ''],
    ]);
  });

  test('may be several documents, lists in lists, and stand beside other objects', async () => {
    const one = '{ apiVersion: v1, kind: Secret, metadata: { name: one }, data: { a: eA== } }';
    const list = `apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: v1, kind: SecretList, items: [ ${one} ] }\n`;
    const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: s }\n';
    const { values, others } = await read(`${list}---\n${service}---\n${secret('')}`);
    expect(values.map(({ secret: name }) => name)).toEqual(['one']);
    expect(others).toMatchObject([{ kind: 'Service', place: { line: 6 } }]);
  });

  test('may have base64 in lines', async () => {
    expect(await valuesOf(secret('data:\n  a: |\n    aGVs\n    bG8=\n'))).toEqual([['db', 'a', 'hello']]);
  });

  test('say where echo has left a newline, but not where lines are meant', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const { values } = await read(secret(`data: { a: ${base64('x\n')}, b: ${base64('x\ny\n')}, c: ${base64('x')} }`));
    expect(values.map(({ hasEchoNewline }) => hasEchoNewline)).toEqual([true, false, false]);
  });

  test.each([
    ['base64 without padding', secret('data: { CANARY: eA }'), 'f:4:17: the value of "CANARY" is not base64'],
    ['base64 with loose bits', secret('data: { a: eB== }'), 'f:4:12: the value of "a" is not base64'],
    ['base64 of URLs', secret('data: { a: _-8= }'), 'f:4:12: the value of "a" is not base64'],
    ['base64 with spaces', secret('data: { a: "eA= =" }'), 'f:4:12: the value of "a" is not base64'],
    ['a number', secret('stringData: { a: 5432 }'), 'f:4:18: the value of "a" is no text'],
    ['data that is a list', secret('data: [a]'), 'f:4:7: data is no mapping'],
    ['no name', 'apiVersion: v1\nkind: Secret\ndata: {}\n', 'f:1:1: this Secret has no metadata.name'],
    ['a SealedSecret', 'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n', 'f:1:1: a SealedSecret holds'],
    ['something else', 'a: b\n', 'f:1:1: this is no object of the Kubernetes API'],
    ['a list of nothing', 'apiVersion: v1\nkind: List\n', 'f:1:1: this list has no items'],
    ['a key that stands there twice', secret('data: { a: eA==, a: eA== }'), 'f:4:18: this key stands here a second'],
  ])('with %s are refused by line and column', async (_, text, problem) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(problem) });
  });
});
