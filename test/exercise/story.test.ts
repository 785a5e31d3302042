import { civilDate } from '#base/civil';
import { agencyByKey } from '#domain/agency/directory';
import { type ModelClass, modelOf } from '#kit/model/model';
import { tellExercise } from '../../gateway/cli/exercise';
import { CapabilityAssessment } from '../../subgraphs/infrastructure/capability/capability';
import { remediationDue } from '../../subgraphs/infrastructure/remediation/due';
import { FindingDueChange } from '../../subgraphs/infrastructure/remediation/finding-due-change';
import { ForensicTriage } from '../../subgraphs/infrastructure/remediation/forensic-triage';
import { PolicyBook } from '../../subgraphs/infrastructure/remediation/policy-book';
import { RemediationPolicy, RemediationRow } from '../../subgraphs/infrastructure/remediation/remediation-policy';
import { remediationPolicies, remediationRows } from '../../subgraphs/infrastructure/remediation/table-1';
import { PoamItem, PoamMilestone } from '../../subgraphs/infrastructure/risk/poam-item';
import { RiskAcceptance, RiskAcceptanceFinding } from '../../subgraphs/infrastructure/risk/risk-acceptance';
import { FederalSystem } from '../../subgraphs/infrastructure/system/federal-system';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { VulnerabilityFinding } from '../../subgraphs/infrastructure/vulnerability/vulnerability-finding';
import { RiskAssessment } from '../../subgraphs/reviews/assessment/risk-assessment';
import { Designation, Determination } from '../../subgraphs/reviews/determination/determination';
import { Finding } from '../../subgraphs/reviews/finding/finding';
import { OPEN_REVIEW_STATUSES, Review } from '../../subgraphs/reviews/review/review';
import { ReviewEvent } from '../../subgraphs/reviews/review/review-event';
import { riskLevel } from '../../subgraphs/reviews/risk';
import { DeveloperOrganization } from '../../subgraphs/submissions/developer/developer-organization';
import { CoverageInquiry } from '../../subgraphs/submissions/inquiry/coverage-inquiry';
import { AIModel } from '../../subgraphs/submissions/model/ai-model';
import { ModelVersion } from '../../subgraphs/submissions/model/model-version';
import { AccessGrant } from '../../subgraphs/submissions/submission/access-grant';
import { accessSeconds } from '../../subgraphs/submissions/submission/access-hours';
import { LaunchPlan } from '../../subgraphs/submissions/submission/launch-plan';
import { Submission } from '../../subgraphs/submissions/submission/submission';
import { SubmissionEvent } from '../../subgraphs/submissions/submission/submission-event';
import { Announcement } from '../../subgraphs/workforce/announcement/announcement';
import { Application } from '../../subgraphs/workforce/application/application';
import { CapacitySnapshot } from '../../subgraphs/workforce/goal/capacity-snapshot';
import { HiringRequest, Position } from '../../subgraphs/workforce/position/position';
import { AS_OF } from '../support/world';

const tell = (seed: string, scale = 1) => tellExercise({ seed, scale, asOf: AS_OF });

test('generates the same story for the same seed, scale, and day only', () => {
  const text = (seed: string) =>
    JSON.stringify([...tell(seed)].map(([name, tables]) => [name, tables.map(({ rows }) => rows)]));
  const first = text('a');
  expect(text('a') === first).toBe(true);
  expect(text('b') === first).toBe(false);
});

// a new seed each day of the year would find more; a fixed few keep the run repeatable
describe.each(['one', 'two', 'three', 'ordergraph'])('the story of seed "%s" is consistent', (seed) => {
  const tables = [...tell(seed).values()].flat();
  const rows = <T extends object>(target: ModelClass<T>): T[] =>
    (tables.find((table) => table.target === target)?.rows ?? []) as T[];
  const byId = <T extends { id: string }>(target: ModelClass<T>) => new Map(rows(target).map((row) => [row.id, row]));
  const submissions = byId(Submission);

  test('marks every object as exercise data and repeats no key', () => {
    for (const { target, rows: all } of tables) {
      const flags = new Set(all.map((row) => (row as { exercise?: boolean }).exercise));
      const isLink = all.length > 0 && 'ownerKey' in all[0]!;
      if (all.length > 0 && !isLink) expect([target.name, [...flags]]).toEqual([target.name, [true]]);
      const keys = all.map((row) => {
        const { ownerKey, targetKey, [modelOf(target).key]: key } = row as Record<string, string>;
        return isLink ? `${ownerKey} ${targetKey}` : key;
      });
      expect([target.name, new Set(keys).size]).toEqual([target.name, all.length]);
    }
  });

  test('invents developers and vulnerabilities that cannot be mistaken for real ones', () => {
    for (const { legalName, key } of rows(DeveloperOrganization))
      expect([legalName, key]).toEqual([
        expect.stringMatching(/^Exercise Developer /),
        expect.stringMatching(/^exercise-/),
      ]);
    for (const { cveId, vendorName } of rows(Vulnerability))
      expect([cveId, vendorName]).toEqual([
        expect.stringMatching(/^CVE-1900-/),
        expect.stringMatching(/^Exercise Vendor /),
      ]);
  });

  test('I1, I2: files each version once, of a model of the submission’s developer', () => {
    const models = byId(AIModel);
    const versions = byId(ModelVersion);
    const filed = new Set<string>();
    for (const { versionId, modelId, developerKey, lifecycle } of submissions.values()) {
      expect(versions.get(versionId)!.modelId).toBe(modelId);
      expect(models.get(modelId)!.developerKey).toBe(developerKey);
      if (lifecycle !== 'FILED') continue;
      expect(filed.has(versionId)).toBe(false);
      filed.add(versionId);
    }
  });

  test('T2: numbers plan versions from 1, with the highest as the current plan', () => {
    for (const { id, plannedLaunchAt } of submissions.values()) {
      const plans = rows(LaunchPlan).filter(({ submissionId }) => submissionId === id);
      expect(plans.map(({ planVersion }) => planVersion)).toEqual(plans.map((_, index) => index + 1));
      expect(plans.at(-1)!.plannedLaunchAt).toBe(plannedLaunchAt);
      for (const { changedAt, plannedLaunchAt: launch } of plans)
        expect(changedAt < launch && changedAt <= AS_OF).toBe(true);
    }
  });

  test('T3, T4: limits access to the window or consented time, and to 720 hours', () => {
    for (const grant of rows(AccessGrant)) {
      const { submissionId, startsAt, endsAt, recordedStatus: status, postLaunchConsent, acceptedAt } = grant;
      const { windowOpensAt, windowClosesAt, lifecycle, launchedAt } = submissions.get(submissionId)!;
      expect(startsAt >= windowOpensAt && startsAt < windowClosesAt && startsAt <= endsAt).toBe(true);
      if (!postLaunchConsent) expect(endsAt <= windowClosesAt).toBe(true);
      if (!postLaunchConsent && launchedAt) expect(status === 'ACTIVE' || status === 'PAUSED').toBe(false);
      if (lifecycle === 'WITHDRAWN' || lifecycle === 'NOT_RELEASED')
        expect(['ENDED', 'RESCINDED', 'DECLINED']).toContain(status);
      if (status === 'ACTIVE') expect(acceptedAt !== null && acceptedAt <= AS_OF).toBe(true);
    }
    const hours = [...submissions.values()].map((submission) =>
      accessSeconds({ seconds: submission.accessSeconds, since: submission.accessSince }, AS_OF),
    );
    expect(Math.max(...hours)).toBeLessThanOrEqual(720 * 3600);
    expect(Math.max(...hours)).toBeGreaterThan(0);
  });

  test('T5, T6: dates nothing before its cause or after the end of the story', () => {
    for (const { launchedAt, launchRecordedAt, filedAt, createdAt, withdrawnAt, closedAt } of submissions.values()) {
      if (filedAt) expect(createdAt <= filedAt && filedAt <= AS_OF).toBe(true);
      if (launchedAt)
        expect(filedAt! <= launchedAt && launchedAt <= launchRecordedAt! && launchRecordedAt! <= AS_OF).toBe(true);
      if (withdrawnAt) expect(filedAt! <= withdrawnAt && withdrawnAt <= AS_OF).toBe(true);
      if (closedAt) expect(launchedAt! <= closedAt && closedAt <= AS_OF).toBe(true);
    }
    for (const events of [rows(SubmissionEvent), rows(ReviewEvent)]) {
      const last = new Map<string, { occurredAt: string; sequence: number }>();
      for (const { submissionId, occurredAt, sequence } of events) {
        const before = last.get(submissionId);
        expect(sequence).toBe((before?.sequence ?? 0) + 1);
        expect(occurredAt >= (before?.occurredAt ?? '') && occurredAt <= AS_OF).toBe(true);
        last.set(submissionId, { occurredAt, sequence });
      }
    }
  });

  test('I3, I4, I5: keeps determinations, designations, and reviews consistent', () => {
    const issued = rows(Determination).filter(({ status }) => status === 'ISSUED');
    expect(new Set(issued.map(({ submissionId, agencyKey }) => `${submissionId} ${agencyKey}`)).size).toBe(
      issued.length,
    );
    const inquiries = byId(CoverageInquiry);
    for (const { id, madeByKey, submissionId, inquiryId, developerKey } of rows(Designation)) {
      const subject = inquiryId === null ? submissions.get(submissionId!) : inquiries.get(inquiryId);
      expect([madeByKey, subject === undefined]).toEqual(['nsa', false]);
      if (inquiryId !== null)
        expect([submissionId, developerKey, inquiries.get(inquiryId)!.answerId]).toEqual([
          null,
          subject!.developerKey,
          id,
        ]);
    }
    for (const { status, answerId, answeredAt, askedAt } of inquiries.values()) {
      expect([answerId !== null, answeredAt !== null]).toEqual([status === 'ANSWERED', status === 'ANSWERED']);
      if (answeredAt) expect(askedAt < answeredAt && answeredAt <= AS_OF).toBe(true);
    }
    expect(new Set(rows(CoverageInquiry).map(({ status }) => status)).size).toBe(4);
    for (const { submissionId, leadAgencyKey, openedAt, status, closedAt } of rows(Review)) {
      const necessary = rows(Determination).some(
        (row) =>
          row.submissionId === submissionId &&
          row.agencyKey === leadAgencyKey &&
          row.outcome === 'REVIEW_NECESSARY' &&
          row.issuedAt! <= openedAt,
      );
      expect(necessary).toBe(true);
      const open = (OPEN_REVIEW_STATUSES as readonly string[]).includes(status);
      expect(open).toBe(closedAt === null);
      if (['WITHDRAWN', 'NOT_RELEASED'].includes(submissions.get(submissionId)!.lifecycle)) expect(open).toBe(false);
      if (submissions.get(submissionId)!.lifecycle === 'CLOSED') expect(open).toBe(false);
    }
    for (const { level, likelihood, impact } of rows(RiskAssessment)) expect(level).toBe(riskLevel(likelihood, impact));
    for (const { sharedAt, respondedAt, createdAt } of rows(Finding)) {
      if (sharedAt) expect(createdAt <= sharedAt).toBe(true);
      if (respondedAt) expect(sharedAt! <= respondedAt && respondedAt <= AS_OF).toBe(true);
    }
  });

  test('I7, I8: starts the clock of findings by their detection, and dates remediated ones', () => {
    const systems = byId(FederalSystem);
    for (const { detectedAt, clockStartedAt, status, remediatedAt, systemId, agencyKey } of rows(
      VulnerabilityFinding,
    )) {
      expect(clockStartedAt! <= civilDate(detectedAt) && detectedAt <= AS_OF).toBe(true);
      expect(['REMEDIATED', 'VERIFIED'].includes(status)).toBe(remediatedAt !== null);
      if (remediatedAt) expect(detectedAt <= remediatedAt && remediatedAt <= AS_OF).toBe(true);
      expect(systems.get(systemId)!.agencyKey).toBe(agencyKey);
    }
  });

  test('P1: has no two active findings of one vulnerability on the same assets', () => {
    const active = rows(VulnerabilityFinding).filter(({ status }) =>
      ['SUSPECTED', 'OPEN', 'IN_REMEDIATION', 'MITIGATED'].includes(status),
    );
    const places = active.map(({ systemId, itemId, cveId }) => `${systemId} ${itemId} ${cveId}`);
    expect(new Set(places).size).toBe(places.length);
    expect(active.some(({ status }) => status === 'SUSPECTED')).toBe(true);
  });

  test('I11, P2: follows every deadline from the policies and the inputs in its log', () => {
    const tableRows = rows(RemediationRow);
    const book = new PolicyBook(
      [...remediationPolicies, ...rows(RemediationPolicy)],
      [...remediationRows, ...tableRows],
    );
    const logs = Map.groupBy(rows(FindingDueChange), ({ findingId }) => findingId);
    for (const finding of rows(VulnerabilityFinding)) {
      const log = logs.get(finding.id)!.toSorted((a, b) => a.sequence - b.sequence);
      for (const entry of log) {
        const due = remediationDue(entry, book.at(civilDate(entry.at), entry.agencyKey));
        expect([due.dueAt, due.dueBasis, due.policyRow]).toEqual([entry.newDueAt, entry.newBasis, entry.newRow]);
      }
      expect(log.at(-1)).toMatchObject({ newDueAt: finding.dueAt, newRow: finding.policyRow });
    }
  });

  test('I12, P4: has a forensic triage exactly for findings whose policy requires one', () => {
    const last = new Map<string, FindingDueChange>();
    for (const change of rows(FindingDueChange))
      if (change.sequence > (last.get(change.findingId)?.sequence ?? 0)) last.set(change.findingId, change);
    const required = [...last.values()].filter(({ triage }) => triage).map(({ findingId }) => findingId);
    const triages = rows(ForensicTriage);
    expect(triages.map(({ findingId }) => findingId).toSorted()).toEqual(required.toSorted());
    expect(triages.length).toBeGreaterThan(0);
    for (const { requiredAt, scopedAt, evidenceAt, decidedAt, status, outcome } of triages) {
      const steps = [requiredAt, scopedAt, evidenceAt, decidedAt].filter((time) => time !== null);
      expect(steps).toEqual(steps.toSorted());
      expect(outcome !== null).toBe(status === 'DECIDED');
    }
  });

  test('P5: gives each accepted risk a last day', () => {
    const findings = byId(VulnerabilityFinding);
    const acceptances = byId(RiskAcceptance);
    const statuses = new Set<string>();
    for (const { status, expiresOn, proposedAt, decidedAt } of acceptances.values()) {
      statuses.add(status);
      expect(expiresOn !== null).toBe(['IN_FORCE', 'REVOKED', 'EXPIRED'].includes(status));
      expect(decidedAt === null).toBe(status === 'PROPOSED');
      if (decidedAt) expect(proposedAt <= decidedAt && decidedAt <= AS_OF).toBe(true);
      if (status === 'IN_FORCE') expect(expiresOn! > civilDate(AS_OF)).toBe(true);
      if (status === 'EXPIRED') expect(civilDate(decidedAt!) < expiresOn! && expiresOn! < civilDate(AS_OF)).toBe(true);
    }
    expect(statuses.size).toBeGreaterThan(2);
    for (const { ownerKey, targetKey } of rows(RiskAcceptanceFinding)) {
      const { acceptanceId, agencyKey } = findings.get(targetKey)!;
      const acceptance = acceptances.get(ownerKey)!;
      expect(acceptance.agencyKey).toBe(agencyKey);
      expect(acceptanceId).toBe(acceptance.status === 'IN_FORCE' ? ownerKey : null);
    }
  });

  test('opens plans of action for findings of one system, and closes those whose findings have ended', () => {
    const items = byId(PoamItem);
    const ended = ['VERIFIED', 'FALSE_POSITIVE', 'SYSTEM_RETIRED'];
    const covered = new Set<string>();
    for (const { poamItemId, systemId, status } of rows(VulnerabilityFinding)) {
      if (poamItemId === null) continue;
      const item = items.get(poamItemId)!;
      covered.add(poamItemId);
      expect(item.systemId).toBe(systemId);
      expect(item.status === 'CLOSED').toBe(ended.includes(status));
    }
    expect(covered.size).toBe(items.size);
    for (const { acceptanceId, status, closedAt, openedAt } of items.values()) {
      expect(acceptanceId !== null).toBe(status === 'DEVIATION_ACCEPTED');
      expect(closedAt !== null).toBe(status === 'CLOSED');
      if (closedAt) expect(openedAt <= closedAt && closedAt <= AS_OF).toBe(true);
    }
    for (const { status, doneOn } of rows(PoamMilestone)) {
      expect(doneOn !== null).toBe(status === 'DONE');
      if (doneOn) expect(doneOn <= civilDate(AS_OF)).toBe(true);
    }
  });

  test('I9: dates applications within open announcements, and fills positions', () => {
    const announcements = new Map(rows(Announcement).map((announcement) => [announcement.controlNumber, announcement]));
    for (const { controlNumber, submittedAt } of rows(Application)) {
      const { openDate, closeDate } = announcements.get(controlNumber)!;
      const day = civilDate(submittedAt);
      expect(openDate <= day && day <= closeDate!).toBe(true);
    }
    const positions = byId(Position);
    for (const { positionId, enteredOnDutyAt, separatedAt, status, needValidatedAt } of rows(HiringRequest)) {
      expect(status === 'FILLED').toBe(enteredOnDutyAt !== null);
      if (!enteredOnDutyAt) continue;
      expect(needValidatedAt! < enteredOnDutyAt && enteredOnDutyAt <= AS_OF).toBe(true);
      expect(positions.get(positionId)!.status).toBe(separatedAt === null ? 'FILLED' : 'FUNDED_VACANT');
      expect(separatedAt === null || (enteredOnDutyAt < separatedAt && separatedAt <= AS_OF)).toBe(true);
    }
  });

  test('I10: fills no more positions than an agency is authorized to', () => {
    expect(rows(CapacitySnapshot).length).toBeGreaterThan(0);
    for (const { authorized, filled, vacant, inHiring } of rows(CapacitySnapshot)) {
      expect(filled).toBeLessThanOrEqual(authorized);
      expect(filled + vacant).toBeLessThanOrEqual(authorized);
      expect(inHiring).toBeLessThanOrEqual(vacant);
    }
  });

  test('P6: marks only the newest assessment of an agency and dimension as current', () => {
    const newest = new Map<string, string>();
    for (const { agencyKey, dimensionId, assessedOn } of rows(CapabilityAssessment)) {
      const of = `${agencyKey} ${dimensionId}`;
      if (assessedOn > (newest.get(of) ?? '')) newest.set(of, assessedOn);
    }
    expect(newest.size).toBeGreaterThan(0);
    const current = rows(CapabilityAssessment).filter((assessment) => assessment.current);
    expect(current).toHaveLength(newest.size);
    for (const { agencyKey, dimensionId, assessedOn } of current)
      expect(assessedOn).toBe(newest.get(`${agencyKey} ${dimensionId}`));
  });

  test('I6: names only agencies that exist in the graph', () => {
    for (const { rows: all } of tables)
      for (const row of all)
        for (const [property, value] of Object.entries(row))
          if (/agencyKey$/i.test(property) && value !== null)
            expect([property, agencyByKey(String(value))?.key]).toEqual([property, value]);
  });
});
