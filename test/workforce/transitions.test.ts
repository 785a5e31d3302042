import { announcementLifecycle } from '../../subgraphs/workforce/announcement/lifecycle';
import {
  applicationLifecycle,
  candidateLifecycle,
  certificateLifecycle,
} from '../../subgraphs/workforce/application/lifecycle';
import { hiringGoalLifecycle } from '../../subgraphs/workforce/goal/lifecycle';
import { positionLifecycle } from '../../subgraphs/workforce/position/lifecycle';
import { hiringRequestLifecycle } from '../../subgraphs/workforce/request/lifecycle';
import { WorkforceActor } from '../../subgraphs/workforce/timeline/workforce-event';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { Hiring } from '../support/hiring';
import {
  type AnyMachine,
  expectHiddenAsMissing,
  expectInvalidRefused,
  type Subject,
  testTables,
} from '../support/transitions';
import { GOAL, goalInput, HR, hr, POSITION, positionInput, recordsOfficer } from './inputs';

const machines = [
  positionLifecycle,
  hiringGoalLifecycle,
  hiringRequestLifecycle,
  announcementLifecycle,
  candidateLifecycle,
  applicationLifecycle,
  certificateLifecycle,
] as unknown as readonly AnyMachine[];
testTables(machines, Object.values(WorkforceActor));

describe.each(databaseKinds)('invalid transitions of workforce, on %s', (kind) => {
  let graph: Framework;
  let subjects: Subject[];
  beforeAll(async () => {
    graph = await Framework.open(kind);
    subjects = await makeSubjects(graph);
  });
  afterAll(() => graph.close());

  // statements do not depend on the database
  if (kind === 'sqlite')
    test('answers for objects of another agency with the statements of missing ones', async () => {
      for (const subject of subjects) await expectHiddenAsMissing(graph, subject);
    });

  test.each(machines.map(({ name }) => name))(
    'rejects each invalid transition of a %s with the possible ones, changing nothing',
    async (name) => {
      await expectInvalidRefused(graph, subjects.find(({ machine }) => machine.name === name)!);
    },
  );
});

async function makeSubjects(graph: Framework): Promise<Subject[]> {
  const position = await graph.perform(HR, 'createPosition', positionInput(), POSITION);
  const goal = await graph.perform(HR, 'setHiringGoal', goalInput(), GOAL);
  const reason = { reason: 'Because.' };
  const nsa = hr('nsa');
  const hiring = new Hiring(graph, 'nsa');
  const { manager } = hiring;
  const { announcement, certificate, applications } = await hiring.referred(1);
  const [application] = applications;
  const request = await hiring.drafted();
  const [candidate] = await graph.sql('workforce', 'SELECT id FROM candidate LIMIT 1');
  const closeDate = graph.inDays(60).slice(0, 10);
  const theirs = await new Hiring(graph, 'hhs').readied();
  return [
    {
      machine: positionLifecycle as unknown as AnyMachine,
      subgraph: 'workforce',
      timeline: 'workforce_event',
      table: 'position',
      column: 'status',
      id: position.id,
      calls: {
        fundPosition: [nsa],
        recordReassignment: [nsa],
        recordSeparation: [nsa, 'recordSeparation', { kind: 'QUIT' }],
        freezePosition: [nsa, 'freezePosition', reason],
        unfreezePlanned: [nsa, 'unfreezePosition'],
        unfreezeVacant: [nsa, 'unfreezePosition'],
        unfreezeInHiring: [nsa, 'unfreezePosition'],
        abolishPosition: [nsa, 'abolishPosition', reason],
        updatePosition: [nsa, 'updatePosition', { title: 'Other' }],
      },
    },
    {
      machine: hiringGoalLifecycle as unknown as AnyMachine,
      subgraph: 'workforce',
      timeline: 'workforce_event',
      table: 'hiring_goal',
      column: 'status',
      id: goal.id,
      calls: {
        retireGoal: [nsa, 'retireGoal', reason],
        reviseHiringGoal: [nsa, 'reviseHiringGoal', { target: 1, ...reason }],
      },
    },
    {
      machine: hiringRequestLifecycle as unknown as AnyMachine,
      subgraph: 'workforce',
      timeline: 'workforce_event',
      table: 'hiring_request',
      column: 'status',
      id: request.id,
      calls: {
        submitHiringRequest: [manager],
        takeHiringRequest: [nsa, 'takeHiringRequest', { hrSpecialist: 'Specialist' }],
        returnHiringRequest: [nsa, 'returnHiringRequest', reason],
        readyHiringRequest: [nsa, 'readyHiringRequest', { authority: 'TERM', jobAnalysisRef: 'ja/1' }],
        cancelHiringRequest: [nsa, 'cancelHiringRequest', reason],
      },
    },
    {
      machine: announcementLifecycle as unknown as AnyMachine,
      subgraph: 'workforce',
      timeline: 'workforce_event',
      table: 'announcement',
      column: 'status',
      id: announcement.controlNumber,
      key: { input: 'controlNumber', column: 'control_number' },
      calls: {
        closeAnnouncement: [nsa],
        completeAnnouncement: [nsa],
        cancelAnnouncement: [nsa, 'cancelAnnouncement', reason],
        extendAnnouncement: [nsa, 'extendAnnouncement', { closeDate }],
      },
    },
    {
      machine: candidateLifecycle as unknown as AnyMachine,
      subgraph: 'workforce',
      timeline: 'workforce_event',
      table: 'candidate',
      column: 'status',
      id: candidate.id,
      calls: {
        correctCandidate: [nsa, 'correctCandidate', { name: 'Other' }],
        holdCandidate: [nsa, 'holdCandidate', reason],
        releaseCandidate: [nsa],
        requestErasure: [nsa, 'requestErasure', reason],
        endRetention: [recordsOfficer('nsa'), 'endRetention', { recordsRef: 'r/1' }],
        eraseCandidate: [recordsOfficer('nsa'), 'eraseCandidate', { recordsRef: 'r/1' }],
      },
    },
    {
      machine: applicationLifecycle as unknown as AnyMachine,
      subgraph: 'workforce',
      timeline: 'workforce_event',
      table: 'application',
      column: 'status',
      id: application.id,
      calls: {
        rateEligible: [nsa, 'rateApplication', { rating: 'ELIGIBLE' }],
        rateIneligible: [nsa, 'rateApplication', { rating: 'INELIGIBLE', reason: 'LATE' }],
        reconsiderApplication: [hr('nsa', 'specialist-2'), 'reconsiderApplication', reason],
        recordInterview: [manager],
        selectCandidate: [manager, 'selectCandidate', { certificate: certificate.id }],
        withdrawSelection: [nsa, 'withdrawSelection', reason],
        extendTentativeOffer: [nsa],
        acceptTentativeOffer: [nsa],
        acceptWithReciprocity: [nsa, 'acceptTentativeOffer', { reciprocityRef: 'inv/1' }],
        extendFinalOffer: [nsa, 'extendFinalOffer', { investigationRef: 'inv/1' }],
        rescindOffer: [nsa, 'rescindOffer', { reason: 'FUNDING' }],
        declineOffer: [nsa, 'declineOffer', { reason: 'SALARY' }],
        recordEntryOnDuty: [nsa],
        withdrawApplication: [nsa],
      },
    },
    {
      machine: certificateLifecycle as unknown as AnyMachine,
      subgraph: 'workforce',
      timeline: 'workforce_event',
      table: 'certificate',
      column: 'status',
      id: certificate.id,
      calls: {
        openCertificate: [manager],
        returnCertificate: [manager, 'returnCertificate', { outcomes: [] }],
        auditCertificate: [nsa],
        reissueCertificate: [nsa],
        extendCertificate: [nsa, 'extendCertificate', { expiresAt: graph.inDays(90) }],
        shareCertificate: [nsa, 'shareCertificate', { hiringRequest: theirs.id }],
      },
    },
  ];
}
