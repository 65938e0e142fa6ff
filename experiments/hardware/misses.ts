/**
 * Why a probe is off by more than 15 percent: the explanations, by the id that the table of published figures names.
 * CAVEATS.md has a paragraph on each under the same id; a test holds the two lists together.
 */
export const explanations = {
  'average-load': 'loads have one price, between MOV (1) and arithmetic with a memory operand (2)',
  'branch-history':
    'two-bit counters without history: a regular pattern is mispredicted where real predictors learn it',
  'dependent-loads':
    'a load that hits costs its share of issue, not its latency, even where the next one depends on it',
  overlap: 'a fixed share is taken off every stall on data, also where nothing independent could hide it',
  'unified-486': 'the page of the loop itself holds one of the 32 entries, and its set of four is full at 28 pages',
  'page-tables-in-l1':
    'published with table entries in L1 (9 to 13 cycles a miss); measured in 1997: from L2, 25 cycles',
} as const;

export type ExplanationId = keyof typeof explanations;
