import { civilDate } from '#base/civil';
import { InputError, NotFoundError, RequestError, UnknownReferenceError } from '#base/errors';
import { personKey } from '#base/identity/principal';
import { type ChangeableType, ChangeSet, itsAgency, occurredAtInput, ofOwnAgency } from '#domain/change-set';
import { stableId } from '#kit/ids';
import {
  dateInput,
  expectedRevisionInput,
  type InputFields,
  type InputOf,
  idInput,
  intInput,
  longTextInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { type MutationSpec, mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { scheduled } from '#kit/subgraph/schedule';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { Directive, DirectivePhase, DirectiveProgress, type DirectiveStatus } from './directive';
import { requireIssuer } from './issuers';
import { type ProgressFacts, progressLifecycle } from './lifecycle';

/** Progress as mutations change it: agencies change their own, coordinators that of all agencies. */
const PROGRESS: ChangeableType<DirectiveProgress, DirectiveStatus, ProgressFacts> = {
  type: DirectiveProgress,
  machine: progressLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'DIRECTIVE_PROGRESS',
  isOpenTo: (work, progress) => work.actor === 'COORDINATOR' || ofOwnAgency(work, progress),
  agencyOf: itsAgency,
};

const returns = ['progress', () => DirectiveProgress] as const;
const target = {
  id: idInput('Id of the progress.'),
  expectedRevision: expectedRevisionInput(),
  occurredAt: occurredAtInput(),
};
const reason = longTextInput('Reason.');

const trackDirective = mutation({
  name: 'trackDirective',
  description:
    "Begins to track the progress of the caller's agency on a phase of a directive, which is not started yet.",
  by: ['CISO'],
  input: {
    directive: textInput('Number of the directive, such as "BOD 26-04".', { max: 40 }),
    phase: optional(intInput('Number of the phase, from 1. Omit it for a directive without phases.', { min: 1 })),
  },
  returns,
  async run(work, { directive: number, phase }) {
    const { database, principal, now } = work;
    const [directive] = await database.findBy(Directive, 'id', [number]);
    if (!directive) throw new UnknownReferenceError('directive', number, ['input', 'directive']);
    const phaseId = await phaseOf(work, directive, phase);
    const agencyKey = principal.agency!;
    await requireUntracked(work, directive, phaseId);
    const progress = await ChangeSet.open(PROGRESS, work, []);
    const { key } = progress.add(
      {
        // one for each agency and phase, also against another call at the same time
        ...{ id: stableId('dpr', agencyKey, number, phaseId ?? ''), agencyKey, directiveId: number, phaseId },
        ...{ exceptionUntil: null, reason: null, reporterKey: null, asOf: civilDate(now) },
        ...{ revision: 1, exercise: false },
      },
      {
        trigger: 'trackDirective',
        kind: 'PROGRESS_TRACKED',
        facts: { isInForce: directive.status() === 'IN_FORCE' },
        detail: phase === null ? number : `${number}, phase ${phase}`,
      },
    );
    await progress.save();
    return key;
  },
});

/** Id of a phase of a directive; null for a directive without phases. @throws InputError, UnknownReferenceError */
async function phaseOf({ database }: Work, { id }: Directive, number: number | null): Promise<string | null> {
  const phases = await database.findBy(DirectivePhase, 'directiveId', [id]);
  const path = ['input', 'phase'];
  if (number === null) {
    if (phases.length > 0) throw new InputError(`${id} has ${phases.length} phases: send the number of one`, path);
    return null;
  }
  const found = phases.find((phase) => phase.number === number);
  if (!found) throw new UnknownReferenceError('phase', String(number), path);
  return found.id;
}

/** @throws RequestError ALREADY_EXISTS */
async function requireUntracked({ database, principal }: Work, { id }: Directive, phaseId: string | null) {
  const tracked = await database.findBy(DirectiveProgress, 'directiveId', [id]);
  const same = tracked.find((of) => of.agencyKey === principal.agency && of.phaseId === phaseId);
  if (same)
    throw new RequestError('ALREADY_EXISTS', `The agency tracks this as ${same.id} already: change that one`, [
      'input',
      'phase',
    ]);
}

/** What a mutation of progress does besides the move. */
interface ProgressStep {
  readonly detail?: string | null;
  readonly facts?: Partial<ProgressFacts>;
  readonly change?: Partial<Pick<DirectiveProgress, 'exceptionUntil' | 'reason' | 'reporterKey'>>;
}

/** A mutation that moves the progress of an agency. */
function moving<Fields extends InputFields>(
  trigger: string,
  kind: string,
  description: string,
  by: 'CISO' | 'COORDINATOR',
  further: Fields,
  stepOf: (input: InputOf<Fields>, work: Work, progress: DirectiveProgress) => ProgressStep,
): MutationSpec {
  return mutation({
    name: trigger,
    description,
    by: [by],
    input: { ...target, ...further },
    returns,
    async run(work, input) {
      const { id, expectedRevision, occurredAt } = input as unknown as InputOf<typeof target>;
      const progress = await ChangeSet.open(PROGRESS, work, [id]);
      const [found] = progress.all;
      if (!found) throw new NotFoundError(progressLifecycle.name, id, 'id');
      if (by === 'COORDINATOR') await requireIssuerOf(work, found);
      const { change, ...step } = stepOf(input as unknown as InputOf<Fields>, work, found);
      progress.move({ id, expectedRevision, occurredAt }, () => ({
        ...{ trigger, kind, ...step },
        change: (next, at) => Object.assign(next, { asOf: civilDate(at), ...change }),
      }));
      await progress.save();
      return id;
    },
  });
}

async function requireIssuerOf(work: Work, { directiveId }: DirectiveProgress): Promise<void> {
  const [directive] = await work.database.findBy(Directive, 'id', [directiveId]);
  requireIssuer(work, directive!.issuerKey, ['input', 'id']);
}

const nothingElse = (): ProgressStep => ({});

const startDirective = moving(
  'startDirective',
  'PROGRESS_STARTED',
  'Records that the agency works on a phase of a directive.',
  'CISO',
  {},
  nothingElse,
);
const reportCompletion = moving(
  'reportCompletion',
  'COMPLETION_REPORTED',
  'Reports a phase of a directive complete.',
  'CISO',
  { note: optional(longTextInput('Evidence, or a note for the coordinator.')) },
  ({ note }, { principal }) => ({ detail: note, change: { reporterKey: personKey(principal) } }),
);
const verifyCompletion = moving(
  'verifyCompletion',
  'COMPLETION_VERIFIED',
  'Verifies that an agency has completed a phase of a directive. Not by the person who reported the completion.',
  'COORDINATOR',
  {},
  (_input, { principal }, { reporterKey }) => ({ facts: { isReporter: reporterKey === personKey(principal) } }),
);
const returnCompletion = moving(
  'returnCompletion',
  'COMPLETION_RETURNED',
  'Returns a report of completion to the agency, which continues its work.',
  'COORDINATOR',
  { reason },
  (input) => ({ detail: input.reason }),
);
const reportException = moving(
  'reportException',
  'EXCEPTION_REPORTED',
  'Reports an exception from a phase of a directive. When it ends, the progress is IN_PROGRESS again.',
  'CISO',
  { exceptionUntil: dateInput('Last day of the exception. In the future.'), reason },
  (input, { now }) => {
    const today = civilDate(now);
    if (input.exceptionUntil <= today)
      throw new InputError(`"exceptionUntil" is not in the future: it is ${today} today`, ['input', 'exceptionUntil']);
    const { exceptionUntil } = input;
    return { detail: `Until ${exceptionUntil}. ${input.reason}`, change: { exceptionUntil, reason: input.reason } };
  },
);

/** Ends exceptions whose last day has passed. */
export const endExceptions = scheduled(
  'end exceptions from directives',
  async (database, now, limit) => {
    const rows = await database.query<{ id: string }>(
      `SELECT id FROM directive_progress WHERE status = 'EXCEPTION_REPORTED' AND exception_until < ?
       ORDER BY exception_until, id LIMIT ${limit}`,
      [civilDate(now)],
    );
    return rows.map(({ id }) => id);
  },
  async (work, id) => {
    const progress = await ChangeSet.open(PROGRESS, work, [id]);
    const [found] = progress.all;
    const today = civilDate(work.now);
    if (found?.status !== 'EXCEPTION_REPORTED' || found.exceptionUntil === null || found.exceptionUntil >= today)
      return;
    progress.move({ id }, () => ({
      trigger: 'exceptionEnded',
      kind: 'EXCEPTION_ENDED',
      change: (next) => Object.assign(next, { exceptionUntil: null, reason: null, asOf: today }),
    }));
    await progress.save();
  },
);

export const progressMutations = [
  trackDirective,
  startDirective,
  reportCompletion,
  verifyCompletion,
  returnCompletion,
  reportException,
];
