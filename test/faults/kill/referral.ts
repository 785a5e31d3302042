import { TREASURY } from '../../infrastructure/inputs';
import { developer, reviewer } from '../../support/framework';
import { eachCallHappened, eachCallSent } from './events';
import { AGENCIES } from './voluntary';
import { inDays, type Scenario, target, type Writer } from './writer';

const REVIEWER = reviewer('nsa');
const REVIEW = 'review { id revision }';
const CASE = 'case { id revision status }';
const MOVES = ['acceptCase', 'validateCase', 'dismissCase', 'startPatch'];

/** Refers findings of reviews to the clearinghouse, whose cases the findings show. */
export const referral: Scenario = {
  name: 'referral',

  async write(writer, isOver, place) {
    const organization = `flawed-${place}`;
    await writer.perform(
      developer(organization),
      'registerOrganization',
      { key: organization, legalName: organization, category: 'INDUSTRY' },
      'organization { key }',
    );
    for (let round = 0; !isOver(); round += 1) {
      const submissionId = await filed(writer, organization, round);
      const { finding, caseId } = await referred(writer, submissionId);
      // the finding shows its case before the clearinghouse has it
      const accepting = {
        ...{ id: caseId, expectedRevision: 1, vendorName: finding.title },
        vendorContactedAt: inDays(-1),
      };
      const accepted = await writer.perform(TREASURY, 'acceptCase', accepting, CASE, { awaits: true });
      if (round % 2 > 0) {
        const dismissing = { ...target(accepted), reason: 'It works as intended.' };
        await writer.perform(TREASURY, 'dismissCase', dismissing, CASE);
        continue;
      }
      const validated = await writer.perform(TREASURY, 'validateCase', target(accepted), CASE);
      await writer.perform(TREASURY, 'startPatch', target(validated), CASE);
    }
  },

  async compare(done, databases) {
    const reviews = databases.get('reviews')!;
    const infrastructure = databases.get('infrastructure')!;
    await eachCallHappened(reviews, 'review_event', done, {
      draftFinding: 'FINDING_DRAFTED',
      concludeEvaluation: 'FINDINGS_DRAFTED',
      readFindings: 'FINDINGS_READ',
      shareFindings: 'FINDING_SHARED',
      referFinding: 'FINDING_REFERRED',
    });
    await eachCallHappened(infrastructure, 'infrastructure_event', done, {
      referFinding: 'CASE_OPENED',
      acceptCase: 'CASE_ACCEPTED',
      validateCase: 'CASE_VALIDATED',
      dismissCase: 'CASE_DISMISSED',
      startPatch: 'PATCH_STARTED',
    });
    await eachCallSent(reviews, done, {
      'reviews.finding-shared': ['shareFindings'],
      'reviews.finding-referred': ['referFinding'],
    });
    await eachCallSent(infrastructure, done, { 'infrastructure.case-moved': ['referFinding', ...MOVES] });

    // the developer received each finding once
    await eachCallHappened(databases.get('submissions')!, 'submission_event', done, {
      shareFindings: 'FINDING_RECEIVED',
    });
    expect(
      await databases.get('submissions')!.query('SELECT finding_id AS id FROM shared_finding ORDER BY finding_id'),
    ).toEqual(await reviews.query('SELECT id FROM finding ORDER BY id'));

    // each finding has its one case, and shows where it is
    const cases = await infrastructure.query(
      'SELECT finding_id AS id, id AS caseId, status FROM clearinghouse_case ORDER BY finding_id',
    );
    expect(cases).toHaveLength(done.count('referFinding'));
    expect(
      await reviews.query(
        'SELECT id, clearinghouse_case_id AS caseId, clearinghouse_status AS status FROM finding ORDER BY id',
      ),
    ).toEqual(cases);
  },
};

/** @returns the id of a submission of a new model */
async function filed(writer: Writer, organization: string, round: number): Promise<string> {
  const caller = developer(organization);
  const model = await writer.perform(
    caller,
    'registerModel',
    { codename: `m${round}`, modalities: [] },
    'model { id }',
  );
  const release = { modelId: model.id, label: 'rc' };
  const version = await writer.perform(caller, 'registerModelVersion', release, 'version { id }');
  const input = {
    versionId: version.id,
    launchPlan: { plannedLaunchAt: inDays(20) },
    sharingPreference: 'NAMED_AGENCIES_ONLY',
    requestedAgencies: AGENCIES,
  };
  const draft = await writer.perform(caller, 'draftSubmission', input, 'submission { id revision }');
  await writer.perform(caller, 'fileSubmission', target(draft), 'submission { id }');
  return draft.id;
}

/** Reviews a submission, shares a finding with the developer, and refers it. */
async function referred(writer: Writer, submissionId: string) {
  const outcome = { submissionId, outcome: 'REVIEW_NECESSARY', rationale: 'So.' };
  const determination = await writer.perform(REVIEWER, 'draftDetermination', outcome, 'determination { id revision }', {
    awaits: true,
  });
  await writer.perform(REVIEWER, 'issueDetermination', target(determination), 'determination { id }');
  const opened = await writer.perform(REVIEWER, 'openReview', { submissionId, scope: ['AUTONOMY'] }, REVIEW);
  const starting = { ...target(opened), documentsOnly: true };
  const started = await writer.perform(REVIEWER, 'startEvaluation', starting, REVIEW);
  const flaw = { reviewId: opened.id, title: 'Pumice Works', detail: 'Text.', severity: 'HIGH', confidence: 'HIGH' };
  await writer.perform(REVIEWER, 'draftFinding', flaw, 'finding { id }');
  const concluded = await writer.perform(REVIEWER, 'concludeEvaluation', target(started), REVIEW);
  await writer.perform(reviewer('nsa', 'reviewer-2'), 'readFindings', { reviewId: opened.id }, REVIEW);
  const sharing = { reviewId: opened.id, expectedRevision: concluded.revision };
  const shared = await writer.perform(
    REVIEWER,
    'shareFindings',
    sharing,
    'review { findings { nodes { id revision title } } }',
  );
  const [finding] = shared.findings.nodes;
  const referral = await writer.perform(
    REVIEWER,
    'referFinding',
    target(finding),
    'finding { id clearinghouseCase { id } }',
  );
  return { finding, caseId: referral.clearinghouseCase.id as string };
}
