import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { Secret } from '../../src/index.js';
import {
  createLogRedactor,
  createRedactor,
  patchConsole,
  pinoRedaction,
  winstonFormat,
} from '../../src/redaction/index.js';
import type { LibraryScenario } from './library.js';

const logRedactorOf = (value: string) => createLogRedactor({ values: () => [Secret.fromText(value)] });
const redactorOf = (value: string) => createRedactor({ values: [{ name: 'value', bytes: Buffer.from(value) }] });
const scenario = (call: (value: string) => unknown): readonly LibraryScenario[] => [
  { call: (_, value) => call(value) },
];

/** What redaction gives back for text that holds the value. */
export const redactionScenarios: Readonly<Record<string, readonly LibraryScenario[]>> = {
  'redaction.createLogRedactor': [
    ...scenario(logRedactorOf),
    ...scenario((value) =>
      createLogRedactor({ values: () => [Secret.fromText(value)], minimumLength: 1 }).redactText(value),
    ),
  ],
  'redaction.createRedactor': [
    ...scenario(redactorOf),
    ...scenario((value) => createRedactor({ values: [{ name: 'x', bytes: Buffer.from(value) }], minimumLength: 1 })),
  ],
  'redaction.patchConsole': scenario((value) => {
    const printed: string[] = [];
    const stdout = new Writable({ write: (chunk, _encoding, done) => done(void printed.push(String(chunk))) });
    const target = new Console({ stdout });
    patchConsole(logRedactorOf(value), target);
    target.log(value, { deep: [new Error(value)] });
    return printed;
  }),
  'redaction.pinoRedaction': scenario((value) =>
    pinoRedaction(logRedactorOf(value)).hooks.streamWrite(JSON.stringify({ msg: value, deep: { [value]: [value] } })),
  ),
  'redaction.winstonFormat': scenario((value) =>
    winstonFormat(logRedactorOf(value)).transform({ level: 'info', message: value, error: new Error(value) }),
  ),
  'logRedactor.redactJson': scenario((value) => logRedactorOf(value).redactJson(JSON.stringify({ value }))),
  'logRedactor.redactText': scenario((value) => logRedactorOf(value).redactText(`is ${value}.`)),
  'logRedactor.redactValue': scenario((value) => logRedactorOf(value).redactValue(new Map([[value, [value]]]))),
  'logRedactor.redactWhole': scenario((value) => logRedactorOf(value).redactWhole({ message: value })),
  'redactor.isIn': scenario((value) => redactorOf(value).isIn(Buffer.from(value))),
  'redactor.redactText': scenario((value) => redactorOf(value).redactText(encodeURIComponent(value))),
  'redactor.stream': scenario((value) => redactorOf(value).stream()),
  'redactor.takeOver': scenario((value) => {
    const output = redactorOf('another').stream();
    redactorOf(value).takeOver(output);
    return Buffer.concat([output.write(Buffer.from(value)), output.end()]);
  }),
  'redactedStream.write': scenario((value) => {
    const output = redactorOf(value).stream();
    return Buffer.concat([...Buffer.from(value)].map((byte) => output.write(Buffer.of(byte))));
  }),
  'redactedStream.flush': scenario((value) => {
    const output = redactorOf(value).stream();
    return Buffer.concat([output.write(Buffer.from(value.slice(0, -1))), output.flush()]);
  }),
  'redactedStream.end': scenario((value) => {
    const output = redactorOf(value).stream();
    return Buffer.concat([output.write(Buffer.from(value)), output.end()]);
  }),
  'redactedStream.release': scenario((value) => {
    const output = redactorOf(value).stream();
    return Buffer.concat([output.write(Buffer.from(value)), output.release()]);
  }),
  'redactedStream.use': scenario((value) => redactorOf(value).stream()),
};
