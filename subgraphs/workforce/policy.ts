import type { ModelClass } from '#kit/model/model';
import type { Policy } from '#kit/policy/policy';
import { any, everyone, government, ofAgency, oversight, type Rule, through, where } from '#kit/policy/rule';
import { Announcement, AnnouncementStatistic } from './announcement/announcement';
import { Application, Candidate, Certificate, CertificateApplication } from './application/application';
import { WorkforceFlow } from './flow/workforce-flow';
import { CapacitySnapshot } from './goal/capacity-snapshot';
import { HiringGoal } from './goal/hiring-goal';
import { HiringRequest, Position } from './position/position';
import { OccupationalSeries } from './role/occupational-series';
import { AppointmentType, OpmAgency } from './role/opm-code';
import { Ksat, WorkRole } from './role/work-role';
import { WorkforceEvent } from './timeline/workforce-event';

/** HR specialists and records officers read all applications that their agency handles, and the candidates that it recorded. */
const hiringOffice = ofAgency('agencyKey', 'hr-specialist', 'records-officer');

/** Hiring managers read only applications on certificates issued for their agency's requests. */
const referred = through(
  'id',
  () => CertificateApplication,
  through(
    'ownerKey',
    () => Certificate,
    through('requestId', () => HiringRequest, ofAgency('agencyKey', 'hiring-manager')),
  ),
  'targetKey',
);
const application: Rule = any(hiringOffice, referred, oversight);
const candidate = any(
  hiringOffice,
  through('id', () => Application, application, 'candidateId'),
);

const open: Policy = { rows: everyone };
const internal: Policy = { rows: government, GOV: government };

/** Events follow the rules of the objects that they are about. */
const event = any(
  where('subjectType', ['POSITION', 'HIRING_GOAL', 'HIRING_REQUEST', 'ANNOUNCEMENT', 'CERTIFICATE'], government),
  where(
    'subjectType',
    ['APPLICATION'],
    through('subjectId', () => Application, application),
  ),
  where(
    'subjectType',
    ['CANDIDATE'],
    through('subjectId', () => Candidate, candidate),
  ),
);

/** Access rules of the workforce program. Roles and sensitivity classes: docs/domain.md. */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [WorkRole, { rows: everyone, GOV: government }],
  [Ksat, open],
  [OccupationalSeries, open],
  [AppointmentType, open],
  [OpmAgency, open],
  [Position, internal],
  [HiringRequest, internal],
  [Announcement, { rows: everyone, GOV: government, PII: oversight }],
  [AnnouncementStatistic, open],
  [Candidate, { rows: candidate, PII: candidate }],
  [Application, { rows: application, PII: application }],
  [Certificate, { ...internal, PII: any(oversight, ofCertificate()) }],
  [HiringGoal, internal],
  [CapacitySnapshot, internal],
  [WorkforceFlow, open],
  [WorkforceEvent, { rows: event, GOV: event }],
];

/** Hiring managers, HR specialists, and records officers of the requesting agency. Each listed application has its own policy on top. */
function ofCertificate(): Rule {
  return through('requestId', () => HiringRequest, any(hiringOffice, ofAgency('agencyKey', 'hiring-manager')));
}
