/** What the words and columns of a report mean, at its end. */
import { causes } from '../machine/tables/causes.js';
import { table } from './format.js';

const words: [string, string][] = [
  [
    'verdict',
    '*supported* and *refuted* by the criterion, which stood before the run; *depends on X*: on some processors, in ' +
      'some seeds, by some definitions or at some prices it holds, with the threshold; *not testable here*: by no ' +
      'model of a machine; *not yet*: what it needs is not built; *no data*: not measured in this run',
  ],
  ['structural', 'true or false by how the systems are built, whatever anything costs'],
  ['proposed', 'a threshold that neither paper gives and that was set here, before the run'],
  [
    'basis',
    'how well the wording of a claim is known: A the abstract of the paper, P another primary text, S a published ' +
      'summary or review of it, M general knowledge; what rests on S or M is attributed, not quoted',
  ],
  [
    'counterfactual',
    'this kind of system never ran on this processor; only the others are held against published figures',
  ],
  ['privilege', 'changes of the privilege level an operation; a round trip is two'],
  ['address space', 'changes of CR3 to another value an operation'],
  ['small space', 'switches between small spaces of one page directory an operation'],
  ['component', 'switches between programs or servers in user mode an operation'],
  ['domain or server', 'switches between domains of the VMM, or from and to servers of the microkernel, an operation'],
  [
    'busy, elapsed',
    'cycles an operation without and with those of the halted processor; us: microseconds on this processor',
  ],
  ['n', 'operations measured, over all seeds'],
  ['weak share', 'the share of the busy cycles that weakly modelled causes take'],
  [
    'weak constants cheap / dear',
    'the value with all assumed constants of the weakly modelled part at their cheap ends, and at their dear ends',
  ],
  [
    'class',
    "of a price: A a vendor's manual, B measured on real hardware, C derived once from a native system, D assumed; " +
      'C and D have intervals, at whose ends verdicts are computed again',
  ],
  [
    'flips at',
    'the price at which the criterion changes its mind; outside the interval it is no doubt, only a distance',
  ],
  [
    'temperature',
    '*first*: the first repetition; *warm*: later ones, with nothing in between; *tlb-cold*: TLBs (and a trace cache) ' +
      'emptied before each; *polluted-K*: the program touches K KiB before each; *all-cold*: TLBs and caches emptied ' +
      'before each',
  ],
  ['checksum', 'of the results of the work: where it differs, or the work does, there is no comparison'],
];

export function termsSection(): string {
  return [
    '## Terms',
    table(
      ['term', 'meaning'],
      words.map(([word, meaning]) => [word, meaning]),
    ),
    '### Causes',
    'Every cycle belongs to one. *Well* modelled are serial prices of the hardware, added where they arise; *weakly* ' +
      'modelled is what a superscalar or out-of-order processor overlaps.',
    table(
      ['cause', 'modelled', 'what'],
      causes.map(({ label, modelled, definition }) => [label, modelled === 'weak' ? '*weakly*' : 'well', definition]),
    ),
  ].join('\n\n');
}
