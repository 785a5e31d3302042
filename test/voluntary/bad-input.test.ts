import { createHash } from 'node:crypto';
import { DatabaseError } from '#kit/database/database-error';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { databaseKinds } from '../support/databases';
import { developer, FINDING, Framework, INTAKE, PROPOSAL, REVIEW, reviewer, SUBMISSION } from '../support/framework';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

/** The objects that the cases act on. */
interface Objects {
  readonly versionId: string;
  readonly draft: Loose;
  readonly filed: Loose;
  readonly review: Loose;
  readonly finding: Loose;
  readonly revision: string;
  readonly replaced: string;
  readonly thread: string;
  readonly inquiry: Loose;
  readonly proposal: Loose;
  readonly past: string;
  readonly soon: string;
}

type Case = [
  what: string,
  who: string | null,
  mutation: string,
  input: (objects: Objects) => Record<string, unknown>,
  refusal: { code: string; path?: (string | number)[]; message: RegExp },
];

const alder = developer();
const nsa = reviewer('nsa');
const draftOf = (change: Record<string, unknown>) => (objects: Objects) => ({
  versionId: objects.versionId,
  launchPlan: { plannedLaunchAt: objects.soon },
  sharingPreference: 'ALL_REVIEWING_AGENCIES',
  ...change,
});
const findingOf =
  (change: Record<string, unknown>) =>
  ({ review }: Objects) => ({
    reviewId: review.id,
    title: 'T',
    detail: 'D',
    severity: 'LOW',
    confidence: 'LOW',
    ...change,
  });

const CASES: Case[] = [
  [
    'nobody',
    null,
    'draftSubmission',
    draftOf({}),
    { code: 'UNAUTHENTICATED', message: /draftSubmission requires authentication: send "authorization: Bearer/ },
  ],
  [
    'a draft by an agency',
    nsa,
    'draftSubmission',
    draftOf({}),
    { code: 'FORBIDDEN', message: /draftSubmission is allowed only for DEVELOPER; you act as AGENCY/ },
  ],
  [
    'a launch in the past',
    alder,
    'draftSubmission',
    ({ past, ...rest }) => draftOf({ launchPlan: { plannedLaunchAt: past } })({ past, ...rest }),
    { code: 'BAD_USER_INPUT', path: ['input', 'launchPlan', 'plannedLaunchAt'], message: /has passed/ },
  ],
  [
    'a launch today, a day that has already begun',
    alder,
    'draftSubmission',
    (objects) => draftOf({ launchPlan: { plannedLaunchDate: '2026-06-15' } })(objects),
    { code: 'BAD_USER_INPUT', path: ['input', 'launchPlan', 'plannedLaunchDate'], message: /has passed/ },
  ],
  [
    'a launch in the far future',
    alder,
    'draftSubmission',
    draftOf({ launchPlan: { plannedLaunchDate: '2099-01-01' } }),
    { code: 'BAD_USER_INPUT', path: ['input', 'launchPlan', 'plannedLaunchDate'], message: /more than 5 years ahead/ },
  ],
  [
    'a launch without a time',
    alder,
    'draftSubmission',
    draftOf({ launchPlan: {} }),
    {
      code: 'BAD_USER_INPUT',
      path: ['input', 'launchPlan'],
      message: /either "plannedLaunchAt" or "plannedLaunchDate"/,
    },
  ],
  [
    'a launch at two times',
    alder,
    'draftSubmission',
    (objects) => draftOf({ launchPlan: { plannedLaunchAt: objects.soon, plannedLaunchDate: '2026-08-01' } })(objects),
    { code: 'BAD_USER_INPUT', path: ['input', 'launchPlan'], message: /either/ },
  ],
  [
    'an invalid day',
    alder,
    'draftSubmission',
    draftOf({ launchPlan: { plannedLaunchDate: '2026-02-30' } }),
    { code: 'BAD_USER_INPUT', message: /"2026-02-30" is not a date/ },
  ],
  [
    'an unknown version',
    alder,
    'draftSubmission',
    draftOf({ versionId: 'mdv_nothing' }),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'versionId'], message: /No model version has the key "mdv_nothing"/ },
  ],
  [
    'the version of another organization',
    developer('birch'),
    'draftSubmission',
    draftOf({}),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'versionId'], message: /No model version has the key/ },
  ],
  [
    'an unknown agency',
    alder,
    'draftSubmission',
    draftOf({ requestedAgencies: ['nsa', 'atlantis'] }),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'requestedAgencies', 1], message: /No agency has the key "atlantis"/ },
  ],
  [
    'an agency twice',
    alder,
    'draftSubmission',
    draftOf({ requestedAgencies: ['nsa', 'nsa'] }),
    { code: 'BAD_USER_INPUT', path: ['input', 'requestedAgencies', 1], message: /contains "nsa" twice/ },
  ],
  [
    'an unknown sector of another subgraph',
    alder,
    'draftSubmission',
    draftOf({ sectorsOfConcern: ['moon-mining'] }),
    {
      code: 'UNKNOWN_REFERENCE',
      path: ['input', 'sectorsOfConcern', 0],
      message: /No sector has the key "moon-mining"/,
    },
  ],
  [
    'a NUL',
    alder,
    'draftSubmission',
    draftOf({ mitigationsDeclared: 'a\u0000b' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'mitigationsDeclared'], message: /U\+0000 at position 2/ },
  ],
  [
    'an unpaired surrogate',
    alder,
    'draftSubmission',
    draftOf({ mitigationsDeclared: 'a\ud800' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'mitigationsDeclared'], message: /an unpaired surrogate/ },
  ],
  [
    'a character that reverses the text direction',
    alder,
    'registerModel',
    () => ({ codename: 'fal\u202econ', modalities: [] }),
    { code: 'BAD_USER_INPUT', path: ['input', 'codename'], message: /U\+202E/ },
  ],
  [
    'a text that is too long',
    alder,
    'draftSubmission',
    draftOf({ mitigationsDeclared: 'x'.repeat(10_001) }),
    {
      code: 'BAD_USER_INPUT',
      path: ['input', 'mitigationsDeclared'],
      message: /10001 characters; the maximum is 10000/,
    },
  ],
  [
    'an empty nested text',
    alder,
    'draftSubmission',
    draftOf({ declaredCapabilities: [{ area: 'CODE', statement: ' ' }] }),
    {
      code: 'BAD_USER_INPUT',
      path: ['input', 'declaredCapabilities', 0, 'statement'],
      message: /"statement" is empty/,
    },
  ],
  [
    'an invalid score',
    alder,
    'draftSubmission',
    draftOf({ selfEvaluations: [{ evaluation: 'e', score: 1.2, method: 'm' }] }),
    { code: 'BAD_USER_INPUT', path: ['input', 'selfEvaluations', 0, 'score'], message: /between 0 and 1/ },
  ],
  [
    'an organization that already exists',
    alder,
    'registerOrganization',
    () => ({ key: 'alder', legalName: 'A', category: 'INDUSTRY' }),
    { code: 'ALREADY_EXISTS', path: ['input', 'key'], message: /is already registered: use updateOrganization/ },
  ],
  [
    'an organization of another developer',
    alder,
    'registerOrganization',
    () => ({ key: 'birch-2', legalName: 'A', category: 'INDUSTRY' }),
    { code: 'FORBIDDEN', message: /INTAKE/ },
  ],
  [
    'a key that is not a slug',
    INTAKE,
    'registerOrganization',
    () => ({ key: 'Not A Slug', legalName: 'A', category: 'INDUSTRY' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'key'], message: /must match the pattern/ },
  ],
  [
    'a version frozen in the future',
    alder,
    'registerModelVersion',
    ({ soon, draft }) => ({ modelId: draft.model.id, label: 'x', frozenAt: soon }),
    { code: 'BAD_USER_INPUT', path: ['input', 'frozenAt'], message: /is in the future/ },
  ],
  [
    'a label that already exists',
    alder,
    'registerModelVersion',
    ({ draft }) => ({ modelId: draft.model.id, label: 'rc 1' }),
    { code: 'ALREADY_EXISTS', path: ['input', 'label'], message: /already has a version "rc 1"/ },
  ],

  [
    'another developer’s draft',
    developer('birch'),
    'fileSubmission',
    ({ draft }) => ({ id: draft.id, expectedRevision: 1 }),
    { code: 'NOT_FOUND', path: ['input', 'id'], message: /No submission has the key/ },
  ],
  [
    'a draft, by the intake office',
    INTAKE,
    'completeIntakeCheck',
    ({ draft }) => ({ id: draft.id, expectedRevision: 1 }),
    { code: 'NOT_FOUND', message: /No submission has the key/ },
  ],
  [
    'an amendment without changes',
    alder,
    'amendSubmission',
    ({ filed }) => ({ id: filed.id, expectedRevision: filed.revision }),
    { code: 'BAD_USER_INPUT', message: /The input changes nothing/ },
  ],
  [
    'an invalid revision',
    alder,
    'amendSubmission',
    ({ filed }) => ({ id: filed.id, expectedRevision: 0, mitigationsDeclared: 'x' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'expectedRevision'], message: /between 1 and/ },
  ],
  [
    'a launch that has not happened',
    alder,
    'recordLaunch',
    ({ filed, soon }) => ({ id: filed.id, launchedAt: soon, scope: 'GENERAL' }),
    { code: 'PRECONDITION_FAILED', message: /"launchedAt" is in the future/ },
  ],
  [
    'a launch without public evidence',
    INTAKE,
    'recordLaunch',
    ({ filed, past }) => ({ id: filed.id, launchedAt: past, scope: 'GENERAL' }),
    { code: 'PRECONDITION_FAILED', message: /public evidence/ },
  ],
  [
    'evidence that is not a URL',
    INTAKE,
    'recordLaunch',
    ({ filed, past }) => ({ id: filed.id, launchedAt: past, scope: 'GENERAL', evidence: 'file:///etc/passwd' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'evidence'], message: /begins with https/ },
  ],
  [
    'a further agency where the developer names its own',
    INTAKE,
    'assignAgency',
    ({ filed }) => ({ id: filed.id, expectedRevision: filed.revision, agencyKey: 'hhs' }),
    { code: 'PRECONDITION_FAILED', path: ['input', 'agencyKey'], message: /only with the agencies it names/ },
  ],

  [
    'access for an agency it is not shared with',
    alder,
    'offerAccess',
    ({ filed }) => ({ submissionId: filed.id, agencyKey: 'dod', mode: 'API' }),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'agencyKey'], message: /shared with has the key "dod"/ },
  ],
  [
    'access before the window',
    alder,
    'offerAccess',
    ({ filed, past }) => ({ submissionId: filed.id, agencyKey: 'nsa', mode: 'API', startsAt: past }),
    { code: 'BAD_USER_INPUT', path: ['input', 'startsAt'], message: /outside the window: choose a time from/ },
  ],
  [
    'access beyond the launch without consent',
    alder,
    'offerAccess',
    ({ filed }) => ({ submissionId: filed.id, agencyKey: 'nsa', mode: 'API', endsAt: '2026-12-01T00:00:00Z' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'endsAt'], message: /after the planned launch/ },
  ],
  [
    'consent without an end',
    alder,
    'offerAccess',
    ({ filed }) => ({ submissionId: filed.id, agencyKey: 'nsa', mode: 'API', postLaunchConsent: true }),
    { code: 'BAD_USER_INPUT', path: ['input', 'endsAt'], message: /is required with "postLaunchConsent"/ },
  ],
  [
    'an answer due in the past',
    INTAKE,
    'requestInformation',
    ({ filed }) => ({ submissionId: filed.id, question: 'q', dueOn: '2026-06-01' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'dueOn'], message: /has passed: choose 2026-06-/ },
  ],

  [
    'a submission that is invisible to the agency',
    reviewer('dod'),
    'draftDetermination',
    ({ filed }) => ({ submissionId: filed.id }),
    { code: 'NOT_FOUND', path: ['input', 'submissionId'], message: /No submission has the key/ },
  ],
  [
    'a submission that does not exist',
    nsa,
    'draftDetermination',
    () => ({ submissionId: 'sub_nothing' }),
    { code: 'NOT_FOUND', path: ['input', 'submissionId'], message: /No submission has the key "sub_nothing"/ },
  ],
  [
    'an unknown sector in a determination',
    nsa,
    'draftDetermination',
    ({ filed }) => ({ submissionId: filed.id, sectors: ['energy', 'x'] }),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'sectors', 1], message: /No sector has the key "x"/ },
  ],
  [
    'another agency’s determination',
    reviewer('treasury'),
    'issueDetermination',
    ({ review }) => ({ id: review.determination, expectedRevision: 3 }),
    { code: 'NOT_FOUND', message: /No determination has the key/ },
  ],
  [
    'a designation by Treasury',
    reviewer('treasury'),
    'makeDesignation',
    ({ filed }) => ({ submissionId: filed.id, outcome: 'COVERED' }),
    { code: 'FORBIDDEN', message: /Director of NSA/ },
  ],
  [
    'a review that no determination found necessary',
    reviewer('treasury'),
    'openReview',
    ({ filed }) => ({ submissionId: filed.id, scope: [] }),
    { code: 'PRECONDITION_FAILED', message: /does not find a review necessary/ },
  ],
  [
    'a second review',
    nsa,
    'openReview',
    ({ filed }) => ({ submissionId: filed.id, scope: [] }),
    { code: 'PRECONDITION_FAILED', message: /already has review rev_\w+ of this submission open/ },
  ],
  [
    'another agency’s review',
    reviewer('treasury'),
    'closeReview',
    ({ review }) => ({ id: review.id, expectedRevision: review.revision, reason: 'x' }),
    { code: 'NOT_FOUND', message: /No review has the key/ },
  ],
  [
    'a review of another lead reviewer',
    reviewer('nsa', 'other'),
    'closeReview',
    ({ review }) => ({ id: review.id, expectedRevision: review.revision, reason: 'x' }),
    { code: 'PRECONDITION_FAILED', message: /Only the lead reviewer can close a review/ },
  ],
  [
    'a run without access',
    nsa,
    'startEvaluationRun',
    ({ review }) => ({ id: review.run }),
    { code: 'PRECONDITION_FAILED', message: /has no access to the model now/ },
  ],
  [
    'an unknown evaluation',
    nsa,
    'queueEvaluationRun',
    ({ review }) => ({ reviewId: review.id, definitionId: 'nothing' }),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'definitionId'], message: /No evaluation has the key "nothing"/ },
  ],
  [
    'an invalid work role',
    nsa,
    'registerReviewer',
    () => ({ post: 'p', workRoleCode: '67' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'workRoleCode'], message: /must match the pattern/ },
  ],
  [
    'an unknown ATLAS technique',
    nsa,
    'draftFinding',
    findingOf({ techniques: ['AML.T9999'] }),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'techniques', 0], message: /No ATLAS technique has the key/ },
  ],
  [
    'an invalid CVE id',
    nsa,
    'draftFinding',
    findingOf({ relatedVulnerabilities: ['CVE-1'] }),
    { code: 'BAD_USER_INPUT', path: ['input', 'relatedVulnerabilities', 0], message: /must match the pattern/ },
  ],
  [
    'a finding that was not shared with the developer',
    alder,
    'acknowledgeFinding',
    ({ finding }) => ({ id: finding.id, expectedRevision: finding.revision }),
    { code: 'NOT_FOUND', message: /No finding has the key/ },
  ],
  [
    'a finding of another agency',
    reviewer('treasury'),
    'dropFinding',
    ({ finding }) => ({ id: finding.id, expectedRevision: finding.revision }),
    { code: 'NOT_FOUND', message: /No finding has the key/ },
  ],
  [
    'the same risk assessed twice',
    nsa,
    'assessRisk',
    ({ filed }) => ({
      submissionId: filed.id,
      domain: 'AUTONOMY',
      likelihood: 'LOW',
      impact: 'LOW',
      confidence: 'LOW',
      rationale: 'r',
    }),
    { code: 'ALREADY_EXISTS', path: ['input', 'domain'], message: /revise ras_/ },
  ],
  [
    'a change of a replaced revision',
    nsa,
    'reviseRiskAssessment',
    ({ replaced }) => ({ id: replaced, likelihood: 'LOW', impact: 'LOW', confidence: 'LOW', rationale: 'r' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'id'], message: /Revision 1 is not the current one/ },
  ],
  [
    'a change of another agency’s revision',
    reviewer('treasury'),
    'reviseRiskAssessment',
    ({ revision }) => ({ id: revision, likelihood: 'LOW', impact: 'LOW', confidence: 'LOW', rationale: 'r' }),
    { code: 'NOT_FOUND', message: /No risk assessment has the key/ },
  ],
  [
    'a consultation without an agency',
    alder,
    'openConsultation',
    ({ filed }) => ({ submissionId: filed.id }),
    { code: 'BAD_USER_INPUT', path: ['input', 'agencyKey'], message: /The agency is missing: give "agencyKey"/ },
  ],
  [
    'a second consultation',
    nsa,
    'openConsultation',
    ({ filed }) => ({ submissionId: filed.id }),
    { code: 'ALREADY_EXISTS', message: /Consultation con_\w+ with this agency is already open/ },
  ],
  [
    'an answer to nothing',
    alder,
    'sendMessage',
    ({ thread }) => ({ consultationId: thread, body: 'b', answersId: 'msg_nothing' }),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'answersId'], message: /message of this consultation/ },
  ],
  [
    'a second inquiry about a model',
    alder,
    'askForCoverage',
    ({ inquiry }) => ({ modelId: inquiry.model.id }),
    { code: 'ALREADY_EXISTS', path: ['input', 'modelId'], message: /Inquiry cin_\w+ about this model is ASKED/ },
  ],
  [
    'an inquiry about another developer’s model',
    developer('birch'),
    'askForCoverage',
    ({ inquiry }) => ({ modelId: inquiry.model.id }),
    { code: 'NOT_FOUND', path: ['input', 'modelId'], message: /No model has the key/ },
  ],
  [
    'an answer by Treasury',
    reviewer('treasury'),
    'answerInquiry',
    ({ inquiry }) => ({ id: inquiry.id, expectedRevision: inquiry.revision, outcome: 'COVERED' }),
    { code: 'NOT_FOUND', path: ['input', 'id'], message: /No coverage inquiry has the key/ },
  ],
  [
    'an answer by the intake office',
    INTAKE,
    'answerInquiry',
    ({ inquiry }) => ({ id: inquiry.id, expectedRevision: inquiry.revision, outcome: 'COVERED' }),
    { code: 'FORBIDDEN', message: /allowed only for AGENCY/ },
  ],
  [
    'a partner that already exists',
    alder,
    'registerPartner',
    () => ({ key: 'harbor', name: 'H', kind: 'OTHER' }),
    { code: 'ALREADY_EXISTS', path: ['input', 'key'], message: /already registered: propose it by this key/ },
  ],
  [
    'a partner in an unknown sector',
    INTAKE,
    'registerPartner',
    () => ({ key: 'moon', name: 'M', kind: 'OTHER', sectors: ['energy', 'moon-mining'] }),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'sectors', 1], message: /No sector has the key "moon-mining"/ },
  ],
  [
    'an unknown partner',
    alder,
    'proposePartner',
    ({ filed }) => ({ submissionId: filed.id, partnerKey: 'nobody' }),
    { code: 'UNKNOWN_REFERENCE', path: ['input', 'partnerKey'], message: /No trusted partner has the key "nobody"/ },
  ],
  [
    'a partner twice',
    alder,
    'proposePartner',
    ({ filed }) => ({ submissionId: filed.id, partnerKey: 'harbor' }),
    { code: 'ALREADY_EXISTS', path: ['input', 'partnerKey'], message: /of this partner is PROPOSED: use that one/ },
  ],
  [
    'a partner for a draft, by the intake office',
    INTAKE,
    'proposePartner',
    ({ draft }) => ({ submissionId: draft.id, partnerKey: 'harbor' }),
    { code: 'NOT_FOUND', path: ['input', 'submissionId'], message: /No submission has the key/ },
  ],
  [
    'a partner with access in the past',
    alder,
    'agreeToPartner',
    ({ proposal, past }) => ({ id: proposal.id, expectedRevision: proposal.revision, accessFrom: past }),
    { code: 'BAD_USER_INPUT', path: ['input', 'accessFrom'], message: /which has passed: it is now/ },
  ],
  [
    'a partner without a time of access',
    alder,
    'agreeToPartner',
    ({ proposal }) => ({ id: proposal.id, expectedRevision: proposal.revision }),
    { code: 'BAD_USER_INPUT', path: ['input', 'accessFrom'], message: /names no time: give "accessFrom"/ },
  ],
  [
    'an agreement by the intake office',
    INTAKE,
    'agreeToPartner',
    ({ proposal, soon }) => ({ id: proposal.id, expectedRevision: proposal.revision, accessFrom: soon }),
    { code: 'FORBIDDEN', message: /allowed only for DEVELOPER/ },
  ],
  [
    'a withdrawal of the government’s proposal by the developer',
    alder,
    'withdrawPartnerProposal',
    ({ proposal }) => ({ id: proposal.id, expectedRevision: proposal.revision }),
    { code: 'PRECONDITION_FAILED', message: /Only the side that proposed the partner/ },
  ],
  [
    'an invalid idempotency key',
    alder,
    'registerModel',
    () => ({ codename: 'c', modalities: [], idempotencyKey: 'two words' }),
    { code: 'BAD_USER_INPUT', path: ['input', 'idempotencyKey'], message: /must match the pattern/ },
  ],
];

describe.each(databaseKinds)('bad input, on %s', (kind) => {
  let graph: Framework;
  let objects: Objects;
  beforeAll(async () => {
    graph = await Framework.open(kind);
    objects = await prepare(graph);
  });
  afterAll(() => graph.close());

  /** The whole content of the databases that mutations change. */
  const everything = async () => {
    const digest = createHash('sha256');
    for (const { name, parts } of subgraphs.filter(({ parts }) => parts.mutations?.length))
      for (const target of parts.entities) {
        const table = graph.subgraph(name).database.table(target);
        const rows = await graph.sql(name, `SELECT * FROM ${table}`);
        digest.update(
          rows
            .map((row) => JSON.stringify(row))
            .sort()
            .join(),
        );
      }
    return digest.digest('hex');
  };

  test.each(CASES)(
    'rejects %s with a precise error, and changes nothing',
    async (_what, caller, mutation, input, { code, path, message }) => {
      const before = await everything();
      const refusal = await graph.refused(caller, mutation, input(objects));
      expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) });
      if (path) expect(refusal.inputPath).toEqual(path);
      expect(await everything()).toBe(before);
    },
  );

  test('reports any failed statement as a database failure, not as a client error', async () => {
    const { database } = graph.subgraph('submissions');
    const query = database.query;
    let remaining = 0;
    database.query = function (this: typeof database, sql: string, parameters?: readonly unknown[]) {
      remaining -= 1;
      if (remaining === 0)
        throw new DatabaseError('DATABASE_TIMEOUT', 'a statement took too long', 1, 'timeout', new Error('slow'));
      return query.call(this, sql, parameters);
    } as typeof query;
    const codes: string[] = [];
    try {
      for (let statement = 1; remaining <= 0; statement++) {
        remaining = statement;
        const { errors } = await graph.call(alder, 'draftSubmission', draftOf({})(objects));
        codes.push(String(errors?.[0]?.extensions.code));
      }
    } finally {
      database.query = query;
    }
    expect(codes.length).toBeGreaterThan(5);
    expect(new Set(codes.slice(0, -1))).toEqual(new Set(['DATABASE_TIMEOUT']));
  });

  test('F1: rejects invisible objects with the same error as objects that do not exist', async () => {
    const { filed, review, finding, revision } = objects;
    const cases: [string, string, (id: string) => Record<string, unknown>, string][] = [
      [developer('birch'), 'withdrawSubmission', (id) => ({ id }), filed.id],
      [reviewer('dod'), 'draftDetermination', (submissionId) => ({ submissionId }), filed.id],
      // the submission is shared with it, but not its objects: also with a stale revision
      [reviewer('treasury'), 'closeReview', (id) => ({ id, expectedRevision: 99, reason: 'r' }), review.id],
      [reviewer('treasury'), 'dropDetermination', (id) => ({ id, expectedRevision: 99 }), review.determination],
      [reviewer('treasury'), 'dropFinding', (id) => ({ id, expectedRevision: 99 }), finding.id],
      [reviewer('treasury'), 'closeConsultation', (id) => ({ id, expectedRevision: 99 }), objects.thread],
      [reviewer('dod'), 'closeReview', (id) => ({ id, expectedRevision: 1, reason: 'r' }), review.id],
      [developer('birch'), 'withdrawInquiry', (id) => ({ id }), objects.inquiry.id],
      [reviewer('treasury'), 'discussInquiry', (id) => ({ id, expectedRevision: 99 }), objects.inquiry.id],
      [developer('birch'), 'setPartnerAside', (id) => ({ id, expectedRevision: 99 }), objects.proposal.id],
      [developer('birch'), 'askForCoverage', (modelId) => ({ modelId }), objects.inquiry.model.id],
      [developer('birch'), 'acknowledgeFinding', (id) => ({ id, expectedRevision: 1 }), finding.id],
      [
        reviewer('dod'),
        'reviseRiskAssessment',
        (id) => ({ id, likelihood: 'LOW', impact: 'LOW', confidence: 'LOW', rationale: 'r' }),
        revision,
      ],
    ];
    for (const [caller, mutation, input, id] of cases) {
      const unseen = await graph.refused(caller, mutation, input(id));
      const absent = await graph.refused(caller, mutation, input('xxx_nothing'));
      expect(JSON.stringify(unseen).replaceAll(id, 'ID')).toBe(JSON.stringify(absent).replaceAll('xxx_nothing', 'ID'));
    }
  });

  test('F4: counts separately for each caller, and lets no cache store a count', async () => {
    const query = '{ submissions { totalCount } }';
    const response = await graph.server.inject({ method: 'POST', url: '/graphql', payload: { query } });
    expect(response.headers['cache-control']).toBe('private, no-store');
    const { statements } = await graph
      .subgraph('submissions')
      .database.counting(() =>
        Promise.all([graph.ask(developer(), query), graph.ask(reviewer('nsa'), query), graph.ask(INTAKE, query)]),
      );
    expect(statements.filter((text) => /SELECT COUNT/.test(text))).toHaveLength(3);
  });

  test('requires the outcome and a reason to issue a determination', async () => {
    const { id } = await graph.filed();
    const issue = async () => {
      const [row] = await graph.sql(
        'reviews',
        `SELECT id, version AS revision FROM determination WHERE submission_id = ? AND agency_key = 'nsa'`,
        [id],
      );
      return graph.call(nsa, 'issueDetermination', { id: row.id, expectedRevision: row.revision });
    };
    expect((await issue()).errors![0]!.message).toMatch(/has no outcome: draft it with an "outcome"/);
    await graph.perform(
      nsa,
      'draftDetermination',
      { submissionId: id, outcome: 'REVIEW_NOT_NECESSARY' },
      'determination { id }',
    );
    expect((await issue()).errors![0]!.message).toMatch(/has no rationale: draft it with a "rationale"/);
    await graph.perform(nsa, 'draftDetermination', { submissionId: id, rationale: 'So.' }, 'determination { id }');
    expect((await issue()).errors).toBeUndefined();
  });

  test('rejects filing at the planned launch and accepts it a minute before', async () => {
    const early = await graph.draft({ launchPlan: { plannedLaunchAt: graph.inDays(1) } });
    const late = await graph.draft({ launchPlan: { plannedLaunchAt: graph.inDays(1) } });
    graph.clock.advance({ hours: 23, minutes: 59 });
    await graph.perform(alder, 'fileSubmission', { id: early.id, expectedRevision: early.revision }, SUBMISSION);
    graph.clock.advance({ minutes: 1 });
    expect(
      await graph.refused(alder, 'fileSubmission', { id: late.id, expectedRevision: late.revision }),
    ).toMatchObject({
      code: 'PRECONDITION_FAILED',
      message: expect.stringMatching(/The planned launch has passed/),
    });
  });

  test('does not file a draft that names no agency', async () => {
    const draft = await graph.draft({ requestedAgencies: [] });
    expect(
      (await graph.refused(alder, 'fileSubmission', { id: draft.id, expectedRevision: draft.revision })).message,
    ).toMatch(/names no agency/);
  });

  test('returns null and an error for an entity that its subgraph does not have', async () => {
    const { id } = await graph.filed();
    const review = await graph.opened(id, 'nsa');
    await graph.perform(
      nsa,
      'startEvaluation',
      { id: review.id, expectedRevision: review.revision, documentsOnly: true },
      REVIEW,
    );
    const finding = await graph.perform(
      nsa,
      'draftFinding',
      {
        reviewId: review.id,
        title: 'T',
        detail: 'D',
        severity: 'LOW',
        confidence: 'LOW',
        relatedVulnerabilities: ['CVE-2026-99999'],
      },
      FINDING,
    );
    const { data, errors } = await graph.ask(
      nsa,
      `{ finding(id: "${finding.id}") { title relatedVulnerabilities { cveId product } } }`,
    );
    expect(data.finding).toEqual({ title: 'T', relatedVulnerabilities: [null] });
    expect(errors).toMatchObject([
      { path: ['finding', 'relatedVulnerabilities', 0, 'product'], extensions: { code: 'ENTITY_NOT_FOUND' } },
    ]);
  });
});

async function prepare(graph: Framework): Promise<Objects> {
  const draft = await graph.draft();
  const [{ version_id: versionId, model_id: modelId }] = await graph.sql(
    'submissions',
    'SELECT version_id, model_id FROM submission WHERE id = ?',
    [draft.id],
  );
  await graph.register('birch');
  const filed = await graph.filed();
  const opened = await graph.opened(filed.id, 'nsa');
  const [{ id: determination }] = await graph.sql('reviews', `SELECT id FROM determination WHERE status = 'ISSUED'`);
  const run = await graph.perform(nsa, 'queueEvaluationRun', { reviewId: opened.id, title: 'Suite' }, 'run { id }');
  const review = await graph.perform(
    nsa,
    'startEvaluation',
    { id: opened.id, expectedRevision: opened.revision, documentsOnly: true },
    REVIEW,
  );
  const finding = await graph.perform(
    nsa,
    'draftFinding',
    { reviewId: review.id, title: 'T', detail: 'D', severity: 'LOW', confidence: 'LOW' },
    FINDING,
  );
  const levels = { likelihood: 'LOW', impact: 'LOW', confidence: 'LOW', rationale: 'r' };
  const { id: replaced } = await graph.perform(
    nsa,
    'assessRisk',
    { submissionId: filed.id, domain: 'AUTONOMY', ...levels },
    'riskAssessment { id }',
  );
  const { id: revision } = await graph.perform(
    nsa,
    'reviseRiskAssessment',
    { id: replaced, ...levels },
    'riskAssessment { id }',
  );
  const { id: thread } = await graph.perform(
    nsa,
    'openConsultation',
    { submissionId: filed.id },
    'consultation { id }',
  );
  const inquiry = await graph.inquired();
  const partner = { key: 'harbor', name: 'Harbor', kind: 'RESEARCH' };
  await graph.perform(INTAKE, 'registerPartner', partner, 'partner { key }');
  const proposal = await graph.perform(
    INTAKE,
    'proposePartner',
    { submissionId: filed.id, partnerKey: 'harbor' },
    PROPOSAL,
  );
  return {
    inquiry,
    proposal,
    versionId,
    draft: { ...draft, model: { id: modelId } },
    filed,
    review: { ...review, determination, run: run.id },
    finding,
    revision,
    replaced,
    thread,
    past: graph.inDays(-40),
    soon: graph.inDays(20),
  };
}
