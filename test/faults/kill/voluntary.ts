import { developer, INQUIRY, reviewer } from '../../support/framework';
import { countOf, inDays, type Scenario } from './writer';

/** Agencies that each submission is shared with. */
export const AGENCIES = ['nsa', 'treasury', 'cisa'];

/** Files submissions, moves their plans, lets agencies determine, withdraws some. */
export const voluntary: Scenario = {
  name: 'voluntary',

  async write(writer, isOver, place) {
    const organization = `org-${place}`;
    const alder = developer(organization);
    await writer.perform(
      alder,
      'registerOrganization',
      { key: organization, legalName: organization, category: 'INDUSTRY' },
      'organization { key }',
    );
    for (let round = 0; !isOver(); round += 1) {
      const model = await writer.perform(
        alder,
        'registerModel',
        { codename: `m${round}`, modalities: [] },
        'model { id }',
      );
      const inquiry = await writer.perform(alder, 'askForCoverage', { modelId: model.id }, INQUIRY);
      const discussed = await writer.perform(
        reviewer('nsa'),
        'discussInquiry',
        { id: inquiry.id, expectedRevision: inquiry.revision },
        INQUIRY,
      );
      await writer.perform(
        reviewer('nsa'),
        'answerInquiry',
        { id: inquiry.id, expectedRevision: discussed.revision, outcome: 'COVERED' },
        INQUIRY,
      );
      const version = await writer.perform(
        alder,
        'registerModelVersion',
        { modelId: model.id, label: 'rc' },
        'version { id }',
      );
      const draft = await writer.perform(
        alder,
        'draftSubmission',
        {
          versionId: version.id,
          launchPlan: { plannedLaunchAt: inDays(20) },
          sharingPreference: 'NAMED_AGENCIES_ONLY',
          requestedAgencies: AGENCIES,
        },
        'submission { id revision }',
      );
      const { id } = draft;
      const filed = await writer.perform(
        alder,
        'fileSubmission',
        { id, expectedRevision: draft.revision },
        'submission { id revision }',
      );
      const moved = await writer.perform(
        alder,
        'changeLaunchPlan',
        { id, expectedRevision: filed.revision, launchPlan: { plannedLaunchAt: inDays(25) } },
        'submission { id revision }',
      );
      const determination = await writer.perform(
        reviewer('nsa'),
        'draftDetermination',
        { submissionId: id, outcome: 'REVIEW_NECESSARY', rationale: 'So.' },
        'determination { id revision }',
        { awaits: true },
      );
      await writer.perform(
        reviewer('nsa'),
        'issueDetermination',
        { id: determination.id, expectedRevision: determination.revision },
        'determination { id }',
      );
      await writer.perform(reviewer('nsa'), 'openReview', { submissionId: id, scope: ['AUTONOMY'] }, 'review { id }');
      if (round % 2 === 0) await writer.perform(alder, 'withdrawSubmission', { id }, 'submission { id }');
      else
        await writer.perform(
          alder,
          'changeLaunchPlan',
          { id, expectedRevision: moved.revision, launchPlan: { plannedLaunchAt: inDays(15) } },
          'submission { id }',
        );
    }
  },

  async compare(done, databases) {
    const submissions = databases.get('submissions')!;
    const reviews = databases.get('reviews')!;
    // acknowledged means done, once: models, submissions, plans
    expect(await countOf(submissions, 'SELECT COUNT(*) AS n FROM ai_model')).toBe(done.of('registerModel').length);
    expect(await countOf(submissions, `SELECT COUNT(*) AS n FROM submission_event WHERE kind = 'FILED'`)).toBe(
      done.of('fileSubmission').length,
    );
    expect(await countOf(submissions, `SELECT COUNT(*) AS n FROM submission_event WHERE kind = 'PLAN_CHANGED'`)).toBe(
      done.of('changeLaunchPlan').length,
    );
    expect(await countOf(submissions, `SELECT COUNT(*) AS n FROM submission_event WHERE kind = 'WITHDRAWN'`)).toBe(
      done.of('withdrawSubmission').length,
    );

    // each filing has reached the agencies once: a notice, and one invitation for each agency
    const filed = done
      .of('fileSubmission')
      .map(({ id }) => String(id))
      .sort();
    const notices = await reviews.query<{ id: string; lifecycle: string; planned: string }>(
      'SELECT id, lifecycle, planned_launch_at AS planned FROM submission_notice ORDER BY id',
    );
    expect(notices.map(({ id }) => id)).toEqual(filed);
    const invited = await reviews.query<{ submission: string; agency: string; n: number }>(
      `SELECT submission_id AS submission, agency_key AS agency, COUNT(*) AS n FROM review_event WHERE kind = 'INVITED'
       GROUP BY submission_id, agency_key`,
    );
    expect(invited.filter(({ n }) => Number(n) !== 1)).toEqual([]);
    expect(invited).toHaveLength(filed.length * AGENCIES.length);

    // each change of plan, and each withdrawal, took effect once, and the last one counts
    expect(await countOf(reviews, `SELECT COUNT(*) AS n FROM review_event WHERE kind = 'PLAN_CHANGED'`)).toBe(
      done.of('changeLaunchPlan').length,
    );
    expect(await countOf(reviews, `SELECT COUNT(*) AS n FROM review_event WHERE kind = 'WITHDRAWN'`)).toBe(
      done.of('withdrawSubmission').length,
    );
    const stored = await submissions.query<{ id: string; lifecycle: string; planned: string }>(
      `SELECT id, lifecycle, planned_launch_at AS planned FROM submission WHERE filed_at IS NOT NULL ORDER BY id`,
    );
    expect(notices).toEqual(stored);
    const withdrawn = new Set(done.of('withdrawSubmission').map(({ id }) => String(id)));
    const determinations = await reviews.query<{ submission: string; status: string }>(
      'SELECT submission_id AS submission, status FROM determination',
    );
    expect(determinations.filter(({ submission, status }) => withdrawn.has(submission) && status === 'DRAFT')).toEqual(
      [],
    );
    const open = await reviews.query<{ submission: string }>(
      'SELECT submission_id AS submission FROM review WHERE closed_at IS NULL',
    );
    expect(open.filter(({ submission }) => withdrawn.has(submission))).toEqual([]);
    expect(open.length + withdrawn.size).toBe(done.of('openReview').length);

    // each answer to an inquiry has become one designation
    const answers = await submissions.query<{ id: string }>(
      'SELECT answer_id AS id FROM coverage_inquiry WHERE answer_id IS NOT NULL ORDER BY answer_id',
    );
    expect(answers).toHaveLength(done.of('answerInquiry').length);
    expect(await reviews.query('SELECT id FROM designation WHERE inquiry_id IS NOT NULL ORDER BY id')).toEqual(answers);

    // and back: each determination and each review has reached the submissions program once
    expect(await countOf(reviews, `SELECT COUNT(*) AS n FROM review_event WHERE kind = 'DETERMINATION_ISSUED'`)).toBe(
      done.of('issueDetermination').length,
    );
    expect(
      await countOf(submissions, `SELECT COUNT(*) AS n FROM submission_event WHERE kind = 'DETERMINATION_RECEIVED'`),
    ).toBe(done.of('issueDetermination').length);
    expect(await countOf(submissions, 'SELECT COUNT(*) AS n FROM known_review')).toBe(done.of('openReview').length);
    expect(await countOf(submissions, 'SELECT COUNT(*) AS n FROM known_review WHERE open = 1')).toBe(open.length);
  },
};
