import { forgetIdempotencyKeys, type ScheduledTask } from '#kit/subgraph/schedule';
import { linkCatalogedCases } from './clearinghouse/catalog-link';
import { endExceptions } from './directive/directive-progress.mutations';
import { applyRemediationPolicies } from './remediation/recompute';
import { expireAcceptances } from './risk/risk-acceptance.mutations';
import { endFindingsOfRetiredSystems } from './vulnerability/retired-systems';

export const infrastructureSchedule: readonly ScheduledTask[] = [
  applyRemediationPolicies,
  linkCatalogedCases,
  endExceptions,
  endFindingsOfRetiredSystems,
  expireAcceptances,
  forgetIdempotencyKeys,
];
