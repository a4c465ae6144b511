import { parseRef } from '../../core/ref.js';
import type { Command } from '../command.js';
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
        output.table(
          explanation.steps.map((step, i) => [
            `${i + 1}. ${output.style('bold', step.provider)}`,
            step.outcome,
            step.reason,
          ]),
        );
        for (const shadowed of explanation.shadowed) output.line(`shadowed: ${shadowed}`);
        output.line(
          explanation.answeredBy === undefined ? 'no store answers this name' : `answered by ${explanation.answeredBy}`,
        );
      }
      return explanation.answeredBy === undefined ? 1 : 0;
    }),
};

export default command;
