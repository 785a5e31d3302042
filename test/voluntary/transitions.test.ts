import type { Actor } from '#domain/actor';
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
import { type AnyMachine, expectInvalidRefused, type Subject, testTables } from '../support/transitions';

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

testTables(machines, ACTORS);

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
    await expectInvalidRefused(graph, subjects.find(({ machine }) => machine.name === name)!);
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
      timeline: 'submission_event',
      table: 'submission',
      column: 'lifecycle',
      isUnseen: (state, caller) => ['DRAFT', 'DISCARDED'].includes(state) && caller !== alder,
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
      timeline: 'submission_event',
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
      timeline: 'submission_event',
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
      timeline: 'inquiry_event',
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
      timeline: 'submission_event',
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
      timeline: 'review_event',
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
      timeline: 'review_event',
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
      timeline: 'review_event',
      table: 'finding',
      column: 'status',
      isUnseen: (state, caller) => ['DRAFT', 'DROPPED'].includes(state) && caller === alder,
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
      timeline: 'review_event',
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
      timeline: 'review_event',
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
