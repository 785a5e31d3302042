import type { Sensitivity } from '#base/sensitivity';
import type { Withheld } from '../graph/ask';

/** What panels show, in the words of readers, by the field or list that they read it from. */
const THINGS = {
  'Agency.capabilityAssessments': 'capability assessments',
  'Agency.capacity': 'the staffing of work roles',
  'Agency.reviewers': 'reviewers',
  'Agency.reviews': 'reviews',
  'Agency.vulnerabilityFindings': 'vulnerabilities of systems',
  'Determination.createdAt': 'when determinations were asked for',
  'Directive.progress': 'progress on directives',
  'ExecutiveOrder.infrastructureMetrics': 'figures about systems and their vulnerabilities',
  'ExecutiveOrder.reviewMetrics': 'figures about reviews',
  'ExecutiveOrder.submissionMetrics': 'figures about submissions',
  'ExecutiveOrder.workforceMetrics': 'figures about the workforce',
  'FederalSystem.coveredByAiTool': 'which systems an AI-powered tool covers',
  'Query.capabilityAssessments': 'capability assessments',
  'Query.capacitySnapshots': 'the staffing of work roles',
  'Query.clearinghouseCases': 'clearinghouse cases',
  'Query.determinations': 'determinations',
  'Query.directives': 'directives',
  'Query.federalSystems': 'federal systems',
  'Query.hiringRequests': 'hiring requests',
  'Query.reviews': 'reviews',
  'Query.sectors': 'sectors',
  'Query.submissions': 'submissions',
  'Query.vulnerabilityFindings': 'vulnerabilities of systems',
  'Query.workforceFlows': 'how many people come and go',
  'Review.launchBoundAt': 'when reviewed models are to launch',
  'Reviewer.openReviews': 'the open reviews of each reviewer',
  'TalentAreaFill.fillRate': 'how many posts of a talent area are filled',
  'WorkforceMetrics.byTalentArea': 'figures by talent area',
} as const;

/** A field or list, as `Query.submissions`, whose withholding a panel explains. */
export type Readable = keyof typeof THINGS;

const CLASSES: Readonly<Record<Sensitivity, string>> = {
  PUBLIC: 'public',
  GOV: 'internal to the government',
  GOV_DELIB: 'deliberation of an agency',
  PROPIN: 'proprietary to developers',
  PII: 'personal data',
  ISVI: 'sensitive for security',
};

const thingOf = (coordinate: string): string => THINGS[coordinate as Readable] ?? 'this figure';

const whoIs = (caller: string): string => (caller === 'the public' ? 'The public' : `Your role, ${caller},`);

/** The words for what a role may not read: what, why, and who may. */
export function withheldWords({ coordinate = '', class: handling, grantedTo = [] }: Withheld, caller: string): string {
  const roles = grantedTo.map((role) => role.replaceAll('-', ' '));
  const why = handling ? ` (${CLASSES[handling]})` : '';
  return `${whoIs(caller)} cannot read ${thingOf(coordinate)}${why}.${roles.length > 0 ? ` These roles can: ${roles.join(', ')}.` : ''}`;
}

/** How a figure depends on who asks: it counts what the role may read, or is older than what others see. */
export type Dependence = 'rows' | 'time';

export const DEPENDENCE_MARKS: Readonly<Record<Dependence, string>> = { rows: '†', time: '‡' };

/** What a mark at a figure means. */
export function dependenceWords(dependence: Dependence, caller: string): string {
  const role = caller === 'the public' ? 'the public' : `your role, ${caller},`;
  return dependence === 'rows'
    ? `Counts only what ${role} may read. Other roles may see other figures.`
    : `For ${role} as of the start of today, and earlier figures as of the start of a month: later ones could show single cases. Other roles see later figures.`;
}
