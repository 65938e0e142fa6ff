/** Verdicts as text: for the report, and for `crossings claims`. */
import type { Claim } from '../experiments/claims/claim.js';
import { claims } from '../experiments/claims/index.js';
import type { Cell, Manifest } from '../experiments/schema.js';
import { type Corner, type Finding, judge, type Verdict } from '../experiments/verdict.js';
import { causes } from '../machine/tables/causes.js';
import { percent, short, table } from './format.js';

export const weakCauses: ReadonlySet<string> = new Set(
  causes.filter(({ modelled }) => modelled === 'weak').map(({ id }) => id as string),
);

export function judgeAll(manifest: Manifest, cells: readonly Cell[], which: readonly Claim[] = claims): Verdict[] {
  const constants = Object.fromEntries(
    Object.entries(manifest.processors).map(([processor, facts]) => [processor, facts.constants]),
  );
  return which.map((claim) => judge(claim, { cells, constants, weakCauses }));
}

export function statusText(verdict: Verdict): string {
  switch (verdict.status) {
    case 'depends':
      return `depends on ${[...new Set(verdict.dependsOn.map(head))].join(', ')}`;
    case 'not-testable':
      return 'not testable here';
    case 'not-yet':
      return verdict.partial === undefined ? 'not yet' : 'not yet (partial)';
    case 'no-data':
      return 'no data';
    default:
      return verdict.status;
  }
}

/** What it depends on, without where and at which threshold. */
function head(thing: string): string {
  return thing.split(/:| \(/)[0];
}

/** Why a verdict is what it is, without what `statusText` says of it. */
export function whyText({ status, dependsOn, reason }: Verdict): string {
  if (status !== 'depends') return reason ?? '';
  const things = new Set(dependsOn.map(head)).size > 1 ? dependsOn : dependsOn.map(tail);
  return things.join('; ');
}

/** Where, and at which threshold. */
function tail(thing: string): string {
  return thing
    .slice(head(thing).length)
    .replace(/^: /, '')
    .replace(/^ \((.*?)\)/, '$1');
}

/** Claims in one table. */
export function verdictTable(verdicts: readonly Verdict[], all: readonly Claim[] = claims): string {
  const rows = verdicts.map((verdict) => {
    const claim = all.find(({ id }) => id === verdict.claim)!;
    return [claim.id, claim.title, statusText(verdict) + (claim.structural ? ' (structural)' : ''), whyText(verdict)];
  });
  return table(['claim', 'in short', 'verdict', 'why'], rows);
}

/** One claim with its numbers. */
export function verdictSection(claim: Claim, verdict: Verdict): string {
  const parts = [
    `### ${claim.id}: ${claim.title}`,
    `**${statusText(verdict)}**${claim.structural ? ' (structural: true or false by construction)' : ''}`,
    [
      `- From: ${claim.from} (basis ${claim.basis.join(', ')}${attributed(claim) ? ': attributed, not quoted' : ''})`,
      `- Test: ${claim.test}`,
      `- Criterion, set before the run: ${claim.criterion}`,
      ...(verdict.reason === undefined ? [] : [`- ${verdict.reason}`]),
      ...(verdict.partial === undefined ? [] : [`- Partial: ${verdict.partial}`]),
      ...verdict.dependsOn.map((thing) => `- Depends on ${thing}`),
      ...verdict.notes.map((note) => `- ${note}`),
    ].join('\n'),
  ];
  if (verdict.findings.length > 0) parts.push(findingTable(verdict.findings));
  const corners = verdict.findings.flatMap((finding) =>
    finding.corners.slice(0, 4).map((corner) => ({ finding, corner })),
  );
  if (corners.length > 0) {
    parts.push('Corners of derived and assumed prices (the four that move it most on each processor):');
    parts.push(cornerTable(corners));
  }
  return parts.join('\n\n');
}

function attributed(claim: Claim): boolean {
  return claim.basis.some((basis) => basis === 'S' || basis === 'M');
}

function findingTable(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => [
    finding.processor + (finding.historical ? '' : ' (counterfactual)'),
    finding.quantity + (finding.structural ? ' (structural)' : ''),
    finding.criterion + (finding.proposed ? ' (proposed)' : ''),
    short(finding.min) === short(finding.max)
      ? short(finding.median)
      : `${short(finding.median)} (${short(finding.min)} to ${short(finding.max)})`,
    finding.holds ? 'holds' : 'fails',
    `${finding.seeds.filter((seed) => seed.holds).length} of ${finding.seeds.length}`,
    percent(finding.weakShare ?? Number.NaN),
    finding.weakEnds.map((end) => short(end.value)).join(' / '),
  ]);
  return table(
    [
      'processor',
      'quantity',
      'criterion',
      'value',
      'outcome',
      'holds in seeds',
      'weak share',
      'weak constants cheap / dear',
    ],
    rows,
  );
}

function cornerTable(corners: { finding: Finding; corner: Corner }[]): string {
  const rows = corners.map(({ finding, corner }) => [
    finding.processor,
    finding.quantity,
    `${corner.constant} (class ${corner.class})`,
    `${short(corner.low.price)} / ${short(corner.nominal)} / ${short(corner.high.price)}`,
    `${short(corner.low.value)} / ${short(finding.median)} / ${short(corner.high.value)}`,
    corner.flipsAt === undefined ? 'nowhere' : short(corner.flipsAt),
  ]);
  return table(['processor', 'quantity', 'price', 'low / nominal / high', 'value there', 'flips at'], rows);
}
