import type { Actor } from '#domain/actor';
import { StateMachine, type Transition } from '#kit/state/state-machine';
import {
  consultationLifecycle,
  determinationLifecycle,
  findingLifecycle,
  reviewLifecycle,
  runLifecycle,
} from '../../subgraphs/reviews/lifecycle';
import { inquiryLifecycle } from '../../subgraphs/submissions/inquiry/lifecycle';
import { proposalLifecycle } from '../../subgraphs/submissions/partner/lifecycle';
import { informationRequestLifecycle, intakeLifecycle } from '../../subgraphs/submissions/submission/intake.mutations';
import { grantLifecycle, submissionLifecycle } from '../../subgraphs/submissions/submission/lifecycle';
import { databaseKinds } from '../support/databases';
import { developer, Framework, GRANT, INTAKE, reviewer } from '../support/framework';

type AnyMachine = StateMachine<string>;
const machines = [
  submissionLifecycle,
  grantLifecycle,
  intakeLifecycle,
  informationRequestLifecycle,
  inquiryLifecycle,
  proposalLifecycle,
  determinationLifecycle,
  reviewLifecycle,
  findingLifecycle,
  runLifecycle,
  consultationLifecycle,
] as unknown as readonly AnyMachine[];
const ACTORS: readonly Actor[] = ['DEVELOPER', 'INTAKE', 'AGENCY', 'SYSTEM'];

describe.each(machines.map((machine) => [machine.name, machine] as const))('the table of the %s', (_name, machine) => {
  const triggers = [...new Set(machine.transitions.map(({ trigger }) => trigger))];

  test('names only existing states in the table', () => {
    for (const row of machine.transitions)
      for (const state of [...StateMachine.origins(row), row.to])
        if (state !== null) expect(machine.states).toContain(state);
  });

  test('leads from each state by each trigger to at most one state per actor', () => {
    for (const trigger of triggers)
      for (const state of [null, ...machine.states])
        for (const actor of ACTORS) {
          const rows = machine.transitions.filter(
            (row) => row.trigger === trigger && StateMachine.origins(row).includes(state) && row.by.includes(actor),
          );
          expect(rows.length).toBeLessThanOrEqual(1);
          const unguarded: AnyMachine = new StateMachine(
            machine.name,
            machine.states,
            machine.transitions.map((row) => ({ ...row, guards: [] }) as Transition<string>),
          );
          const next = () => unguarded.next(state, trigger, actor, {});
          if (rows[0]) expect(next()).toBe(rows[0].to);
          else expect(next).toThrow(/is allowed only from|is allowed only for/);
        }
  });
});

/** Puts objects into states, and calls the mutations that lead out of other states. */
interface Subject {
  readonly machine: AnyMachine;
  readonly subgraph: 'submissions' | 'reviews';
  readonly table: string;
  readonly column: string;
  /** Id of an object to put into states. */
  readonly id: string;
  /** For each trigger of a caller: the mutation, its caller, and its other inputs. */
  readonly calls: Record<string, [who: string, mutation?: string, input?: Record<string, unknown>]>;
  /** Name of the input that holds the id. */
  readonly versioned?: boolean;
  /** Triggers that no call on this object causes. */
  readonly without?: readonly string[];
}

describe.each(databaseKinds)('invalid transitions through the gateway, on %s', (kind) => {
  let graph: Framework;
  let subjects: Subject[];
  beforeAll(async () => {
    graph = await Framework.open(kind);
    subjects = await makeSubjects(graph);
  });
  afterAll(() => graph.close());

  test.each([
    'submission',
    'grant',
    'information request',
    'coverage inquiry',
    'partner proposal',
    'determination',
    'review',
    'finding',
    'evaluation run',
    'consultation',
  ])('rejects each invalid transition of a %s with the possible ones, changing nothing', async (name) => {
    const subject = subjects.find(({ machine }) => machine.name === name)!;
    const { machine, subgraph, table, column, id, calls, versioned = true, without = [] } = subject;
    const row = async () => (await graph.sql(subgraph, `SELECT * FROM ${table} WHERE id = ?`, [id]))[0];
    const timelines = subgraph === 'submissions' ? ['submission_event', 'inquiry_event'] : ['review_event'];
    const count = async (timeline: string) =>
      Number((await graph.sql(subgraph, `SELECT COUNT(*) AS n FROM ${timeline}`))[0].n);
    const events = () => Promise.all(timelines.map(count));
    const triggers = [
      ...new Set(
        machine.transitions.filter(({ by }) => by.join() !== 'SYSTEM').map((transition) => transition.trigger),
      ),
    ]
      // an object is created from no state
      .filter((trigger) =>
        machine.transitions.some((transition) => transition.trigger === trigger && transition.from !== null),
      )
      .filter((trigger) => !without.includes(trigger));
    let tried = 0;
    for (const state of machine.states) {
      await graph.force(subgraph, `UPDATE ${table} SET ${column} = ? WHERE id = ?`, [state, id]);
      for (const trigger of triggers) {
        const rows = machine.transitions.filter((transition) => transition.trigger === trigger);
        if (rows.some((transition) => StateMachine.origins(transition).includes(state))) continue;
        const call = calls[trigger];
        if (!call) throw new Error(`No call is defined for ${trigger} of the ${name}`);
        const [caller, mutation = trigger, input = {}] = call;
        const before = [await row(), await events()];
        const expectedRevision =
          versioned && !('expectedRevision' in input) ? { expectedRevision: before[0].version } : {};
        const { code, extensions } = await graph.refused(caller, mutation, { id, ...expectedRevision, ...input });
        const unseen = name === 'submission' && (state === 'DRAFT' || state === 'DISCARDED') && caller !== developer();
        if (unseen) expect([state, trigger, code]).toEqual([state, trigger, 'NOT_FOUND']);
        else {
          expect([state, trigger, code]).toEqual([state, trigger, 'ILLEGAL_TRANSITION']);
          expect(extensions).toMatchObject({ machine: name, from: state });
          expect(extensions.possibleFrom).toEqual(rows.flatMap((transition) => StateMachine.origins(transition)));
        }
        expect([await row(), await events()]).toEqual(before);
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(0);
  });
});

async function makeSubjects(graph: Framework): Promise<Subject[]> {
  const { id: submissionId } = await graph.filed();
  const nsa = reviewer('nsa');
  const alder = developer();
  const launchPlan = { plannedLaunchAt: graph.inDays(10) };
  const sha256 = 'a'.repeat(64);
  const offered = await graph.perform(alder, 'offerAccess', { submissionId, agencyKey: 'nsa', mode: 'API' }, GRANT);
  const request = await graph.perform(
    INTAKE,
    'requestInformation',
    { submissionId, question: 'Which?' },
    'informationRequest { id }',
  );
  const review = await graph.opened(submissionId, 'nsa');
  const determination = await graph.perform(
    nsa,
    'draftDetermination',
    { submissionId, outcome: 'REVIEW_NOT_NECESSARY', rationale: 'Because.' },
    'determination { id }',
  );
  const run = await graph.perform(nsa, 'queueEvaluationRun', { reviewId: review.id, title: 'Suite' }, 'run { id }');
  await graph.perform(
    nsa,
    'startEvaluation',
    { id: review.id, expectedRevision: review.revision, documentsOnly: true },
    'review { id }',
  );
  const finding = await graph.perform(
    nsa,
    'draftFinding',
    { reviewId: review.id, title: 'T', detail: 'D', severity: 'LOW', confidence: 'LOW' },
    'finding { id }',
  );
  await graph.force('reviews', 'UPDATE finding SET shared_at = ? WHERE id = ?', [graph.inDays(0), finding.id]);
  const inquiry = await graph.inquired();
  const partner = { key: 'harbor', name: 'Harbor', kind: 'RESEARCH' };
  await graph.perform(INTAKE, 'registerPartner', partner, 'partner { key }');
  const propose = (id: string) =>
    graph.perform(alder, 'proposePartner', { submissionId: id, partnerKey: 'harbor' }, 'proposal { id revision }');
  const proposal = await propose(submissionId);
  const consultation = await graph.perform(nsa, 'openConsultation', { submissionId }, 'consultation { id }');
  // another submission, because the others must stay unchanged
  const { id: ownId } = await graph.filed();
  const ownProposal = await propose(ownId);
  const accessFrom = graph.inDays(9);
  const reviewId = { reviewId: review.id };
  return [
    {
      machine: submissionLifecycle as unknown as AnyMachine,
      subgraph: 'submissions',
      table: 'submission',
      column: 'lifecycle',
      id: ownId,
      calls: {
        fileSubmission: [alder],
        discardDraft: [alder],
        recordLaunch: [alder, 'recordLaunch', { launchedAt: graph.inDays(0), scope: 'GENERAL' }],
        declareNotReleased: [alder],
        withdrawSubmission: [alder],
        closeSubmission: [INTAKE],
        amendSubmission: [alder, 'amendSubmission', { mitigationsDeclared: 'Some.' }],
        changeLaunchPlan: [alder, 'changeLaunchPlan', { launchPlan }],
        attachArtifact: [
          alder,
          'attachArtifact',
          {
            id: undefined,
            expectedRevision: undefined,
            submissionId: ownId,
            kind: 'OTHER',
            sha256,
            bytes: '1',
            reference: 'x',
          },
        ],
        offerAccess: [
          alder,
          'offerAccess',
          { id: undefined, expectedRevision: undefined, submissionId: ownId, agencyKey: 'nsa', mode: 'API' },
        ],
        proposePartner: [
          alder,
          'proposePartner',
          { id: undefined, expectedRevision: undefined, submissionId: ownId, partnerKey: 'harbor' },
        ],
        agreeToPartner: [
          alder,
          'agreeToPartner',
          { id: ownProposal.id, expectedRevision: ownProposal.revision, accessFrom },
        ],
        completeIntakeCheck: [INTAKE],
        requestInformation: [
          INTAKE,
          'requestInformation',
          { id: undefined, expectedRevision: undefined, submissionId: ownId, question: 'Which?' },
        ],
        assignAgency: [INTAKE, 'assignAgency', { agencyKey: 'hhs' }],
      },
    },
    {
      machine: grantLifecycle as unknown as AnyMachine,
      subgraph: 'submissions',
      table: 'access_grant',
      column: 'status',
      id: offered.id,
      calls: {
        acceptAccess: [nsa],
        declineAccess: [nsa],
        pauseAccess: [alder],
        resumeAccess: [alder],
        revokeAccess: [alder],
      },
    },
    {
      machine: informationRequestLifecycle as unknown as AnyMachine,
      subgraph: 'submissions',
      table: 'information_request',
      column: 'status',
      id: request.id,
      calls: {
        answerInformationRequest: [alder, 'answerInformationRequest', { answer: 'This.' }],
        closeInformationRequest: [INTAKE],
      },
    },
    {
      machine: inquiryLifecycle as unknown as AnyMachine,
      subgraph: 'submissions',
      table: 'coverage_inquiry',
      column: 'status',
      id: inquiry.id,
      calls: {
        discussInquiry: [nsa],
        answerInquiry: [nsa, 'answerInquiry', { outcome: 'COVERED' }],
        withdrawInquiry: [alder],
      },
    },
    {
      machine: proposalLifecycle as unknown as AnyMachine,
      subgraph: 'submissions',
      table: 'partner_proposal',
      column: 'status',
      id: proposal.id,
      calls: {
        agreeToPartner: [alder, 'agreeToPartner', { accessFrom }],
        setPartnerAside: [alder],
        withdrawPartnerProposal: [alder],
      },
    },
    {
      machine: determinationLifecycle as unknown as AnyMachine,
      subgraph: 'reviews',
      table: 'determination',
      column: 'status',
      id: determination.id,
      calls: {
        issueDetermination: [nsa],
        dropDetermination: [nsa],
      },
      // issuing another determination supersedes the first; drafting starts from the submission if it has no draft
      without: ['supersede', 'draftDetermination'],
    },
    {
      machine: reviewLifecycle as unknown as AnyMachine,
      subgraph: 'reviews',
      table: 'review',
      column: 'status',
      id: review.id,
      calls: {
        startEvaluation: [nsa, 'startEvaluation', { documentsOnly: true }],
        concludeEvaluation: [nsa],
        shareFindings: [nsa, 'shareFindings', { id: undefined, ...reviewId }],
        closeReview: [nsa, 'closeReview', { reason: 'Done.' }],
      },
    },
    {
      machine: findingLifecycle as unknown as AnyMachine,
      subgraph: 'reviews',
      table: 'finding',
      column: 'status',
      id: finding.id,
      calls: {
        editFinding: [nsa, 'editFinding', { title: 'Other' }],
        markFindingNotShareable: [nsa, 'markFindingNotShareable', { reason: 'Secret.' }],
        dropFinding: [nsa],
        acknowledgeFinding: [alder],
        reportMitigation: [alder, 'respondToFinding', { response: 'MITIGATION_REPORTED' }],
        disputeFinding: [alder, 'respondToFinding', { response: 'DISPUTED' }],
        noteFinding: [alder, 'respondToFinding', { response: 'NOTED' }],
        closeFinding: [nsa],
      },
      // a review shares its findings; the review's own table says when
      without: ['shareFindings'],
    },
    {
      machine: runLifecycle as unknown as AnyMachine,
      subgraph: 'reviews',
      table: 'evaluation_run',
      column: 'status',
      id: run.id,
      versioned: false,
      calls: {
        startEvaluationRun: [nsa],
        finishEvaluationRun: [nsa, 'finishEvaluationRun', { score: 1 }],
        failEvaluationRun: [nsa, 'failEvaluationRun', { notes: 'Broken.' }],
        cancelEvaluationRun: [nsa],
      },
    },
    {
      machine: consultationLifecycle as unknown as AnyMachine,
      subgraph: 'reviews',
      table: 'consultation',
      column: 'status',
      id: consultation.id,
      calls: {
        sendMessage: [
          nsa,
          'sendMessage',
          { id: undefined, expectedRevision: undefined, consultationId: consultation.id, body: 'Hello.' },
        ],
        closeConsultation: [nsa],
      },
    },
  ];
}
