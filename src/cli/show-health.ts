import type { ChainHealth } from '../resolver/secrets.js';
import type { Output } from './output/output.js';

/** A line for each link of the chain, and what is to be said of it. */
export function showHealth(output: Output, { links }: ChainHealth): void {
  output.table(
    links.map((link) => [
      output.style(link.status === 'healthy' ? 'green' : 'red', link.status),
      output.style('bold', link.provider),
      link.kind,
      `probe: ${link.probe}`,
    ]),
  );
  for (const finding of links.flatMap((link) => link.findings)) output.finding(finding);
}
