import { parseRef } from '../../core/ref.js';
import type { Explanation } from '../../resolver/secrets.js';
import type { Command } from '../command.js';
import type { Output } from '../output/output.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'explain',
    summary: 'Where a value comes from and why, store by store',
    usage: '<ref>',
    description: [
      'Asks as a reader would, in the order of the chain, and says what each store answered. Shows no value.',
    ],
    options: [],
    examples: [
      { command: 'keyward explain exchange/binance/api_key', explanation: 'which store answers, and what is shadowed' },
    ],
    exitStatuses: { 1: 'no store answers this name' },
  },
  run: (invocation) =>
    withWorkspace(invocation, async ({ secrets }) => {
      const { output } = invocation;
      const name = invocation.args[0] ?? '';
      parseRef(name);
      const explanation = await secrets.explain(name);
      if (output.json) {
        output.document(explanation);
      } else {
        show(output, explanation);
      }
      return explanation.answeredBy === undefined ? 1 : 0;
    }),
};

export default command;

function show(output: Output, explanation: Explanation): void {
  const { steps, parts, shadowed, answeredBy } = explanation;
  for (const part of parts ?? []) {
    output.line(output.style('bold', `made of ${part.name}`));
    show(output, part);
  }
  if (parts !== undefined) return;
  output.table(steps.map((step, i) => [`${i + 1}. ${output.style('bold', step.provider)}`, step.outcome, step.reason]));
  for (const other of shadowed) output.line(`shadowed: ${other}`);
  output.line(answeredBy === undefined ? 'no store answers this name' : `answered by ${answeredBy}`);
}
