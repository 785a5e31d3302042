import { civilDate } from '#base/civil';
import { InputError, NotFoundError, RequestError, requireRevision, UnknownReferenceError } from '#base/errors';
import { SubjectTimelines } from '#domain/timeline';
import { stableId } from '#kit/ids';
import { enumeration } from '#kit/model/enumeration';
import {
  dateInput,
  enumInput,
  expectedRevisionInput,
  listInput,
  longTextInput,
  objectInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { Directive, DirectivePhase } from './directive';
import { requireIssuer } from './issuers';
import { directiveLifecycle } from './lifecycle';

const by = ['COORDINATOR'];
const returns = ['directive', () => Directive] as const;

export const DirectiveIssuer = enumeration('DirectiveIssuer', 'Agency that issues directives.', {
  CISA: 'CISA: binding operational directives and emergency directives.',
  OMB: 'OMB: memoranda.',
});

const number = textInput('Number of the directive, such as "BOD 26-04", "ED 26-01", or "M-26-14".', {
  max: 40,
  pattern: /^(BOD |ED |M-)\d{2}-\d{2,3}$/,
});

const phase = objectInput('DirectivePhaseInput', 'Phase of a directive.', {
  name: textInput('Name of the phase.'),
  dueOn: optional(dateInput('Due date. Omit it if it is not set yet.')),
  duties: longTextInput('Duties of agencies in the phase.'),
});

/** Adds an entry to the timeline of a directive. */
async function happened(
  work: Work,
  { id, issuerKey: agencyKey }: Pick<Directive, 'id' | 'issuerKey'>,
  kind: string,
  toState: string,
  detail: string | null,
): Promise<void> {
  const timelines = await SubjectTimelines.open(work, InfrastructureEvent, [id]);
  const subject = { type: 'DIRECTIVE', id, agencyKey, exercise: false };
  const fromState = kind === 'DIRECTIVE_ISSUED' ? null : 'IN_FORCE';
  timelines.add(subject, timelines.timeOf(id), { kind, actor: work.actor, fromState, toState, detail });
  await timelines.save();
}

/** @throws InputError unless the day is today or before */
function requirePast({ now }: Work, field: string, day: string): void {
  const today = civilDate(now);
  if (day > today) throw new InputError(`"${field}" is in the future: it is ${today} today`, ['input', field]);
}

/** How a directive ends. */
interface End {
  readonly revokedOn: string;
  readonly supersededById: string | null;
  readonly reason: string | null;
  /** Path of the field that says when or by what it ends. */
  readonly path: readonly string[];
}

/** Ends a locked directive. @throws errors of the machine, InputError */
async function revoke(work: Work, directive: Directive, end: End): Promise<void> {
  const { revokedOn, supersededById, reason, path } = end;
  directiveLifecycle.next(directive.status(), 'supersedeDirective', work.actor, {});
  if (revokedOn < directive.issuedOn)
    throw new InputError(`${directive.id} was issued later, on ${directive.issuedOn}`, path);
  const revision = directive.revision + 1;
  await work.database.update(Directive, directive.id, { revokedOn, supersededById, revision });
  const detail = [supersededById && `Replaced by ${supersededById}.`, reason].filter(Boolean).join(' ');
  await happened(work, directive, 'DIRECTIVE_SUPERSEDED', 'REVOKED', detail || null);
}

const issueDirective = mutation({
  name: 'issueDirective',
  description: 'Records a directive or memorandum with its phases, and revokes those that it replaces.',
  by,
  input: {
    number,
    title: textInput('Title of the directive.'),
    issuer: optional(enumInput(() => DirectiveIssuer, "Issuing agency; the caller's by default.")),
    issuedOn: dateInput('Date of issue. Not in the future.'),
    appliesTo: longTextInput('Agencies that the directive applies to.'),
    dueOn: optional(dateInput('Final due date. Omit it for a standing directive.')),
    phases: optional(listInput(phase, 'Phases, in order.', { max: 20 })),
    supersedes: optional(listInput(number, 'Numbers of the directives that it replaces.', { max: 20 })),
  },
  returns,
  async run(work, { number: id, issuer, phases, supersedes, ...fields }) {
    const issuerKey = issuer?.toLowerCase() ?? work.principal.agency!;
    requireIssuer(work, issuerKey, ['input', 'issuer']);
    requirePast(work, 'issuedOn', fields.issuedOn);
    if (fields.dueOn !== null && fields.dueOn < fields.issuedOn)
      throw new InputError(`"dueOn" is before the date of issue, ${fields.issuedOn}`, ['input', 'dueOn']);
    directiveLifecycle.next(null, 'issueDirective', work.actor, {});
    const { database } = work;
    const earlier = await lockReplaced(work, supersedes ?? []);
    if ((await database.findBy(Directive, 'id', [id])).length > 0)
      throw new RequestError('ALREADY_EXISTS', `The directive "${id}" exists already`, ['input', 'number']);
    const directive = { id, issuerKey, ...fields, revokedOn: null, supersededById: null, revision: 1 };
    await database.insert(Directive, [directive]);
    await database.insert(DirectivePhase, phasesOf(id, phases ?? []));
    await happened(work, directive, 'DIRECTIVE_ISSUED', 'IN_FORCE', null);
    const end = { revokedOn: fields.issuedOn, supersededById: id, reason: null, path: ['input', 'supersedes'] };
    for (const replaced of earlier) await revoke(work, replaced, end);
    return id;
  },
});

/** Locks the directives that another one replaces. @throws UnknownReferenceError or RequestError FORBIDDEN */
async function lockReplaced(work: Work, numbers: readonly string[]): Promise<Directive[]> {
  const locked = await work.database.lockAll(Directive, numbers);
  const known = new Set(locked.map(({ id }) => id));
  const unknown = numbers.findIndex((of) => !known.has(of));
  const path = ['input', 'supersedes'];
  if (unknown >= 0) throw new UnknownReferenceError('directive', numbers[unknown]!, [...path, unknown]);
  for (const { issuerKey } of locked) requireIssuer(work, issuerKey, path);
  return locked;
}

type Phase = Pick<DirectivePhase, 'name' | 'dueOn' | 'duties'>;

const phasesOf = (directiveId: string, phases: readonly Phase[]): Partial<DirectivePhase>[] =>
  phases.map((of, place) => ({ ...of, id: stableId('dph', directiveId, place + 1), directiveId, number: place + 1 }));

const supersedeDirective = mutation({
  name: 'supersedeDirective',
  description: 'Revokes a directive, with or without one that replaces it. Progress on it stays readable.',
  by,
  input: {
    number,
    expectedRevision: expectedRevisionInput(),
    revokedOn: dateInput('Date of the revocation. Not in the future.'),
    supersededBy: optional(number),
    reason: optional(longTextInput('Reason.')),
  },
  returns,
  async run(work, { number: id, expectedRevision, revokedOn, supersededBy, reason }) {
    const directive = await work.database.lock(Directive, id);
    if (!directive) throw new NotFoundError('directive', id, 'number');
    requireIssuer(work, directive.issuerKey, ['input', 'number']);
    requireRevision('directive', directive, expectedRevision);
    requirePast(work, 'revokedOn', revokedOn);
    if (supersededBy !== null) await requireReplacement(work, directive, supersededBy);
    await revoke(work, directive, { revokedOn, supersededById: supersededBy, reason, path: ['input', 'revokedOn'] });
    return id;
  },
});

/** @throws UnknownReferenceError, or InputError if the replacement is not in force */
async function requireReplacement({ database }: Work, { id }: Directive, supersededBy: string): Promise<void> {
  const path = ['input', 'supersededBy'];
  if (supersededBy === id) throw new InputError('A directive cannot replace itself: name another one', path);
  const [by] = await database.findBy(Directive, 'id', [supersededBy]);
  if (!by) throw new UnknownReferenceError('directive', supersededBy, path);
  if (by.revokedOn !== null) throw new InputError(`${supersededBy} was revoked on ${by.revokedOn}`, path);
}

export const directiveMutations = [issueDirective, supersedeDirective];
