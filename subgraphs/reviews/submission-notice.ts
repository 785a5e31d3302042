import { kept, record } from '#kit/model/record';

/** Copy of a submission for the rules of this program. Events of the submissions program write it. */
@record('submission_notice')
export class SubmissionNotice {
  @kept({ primary: true, length: 30 }) id!: string;
  @kept({ length: 20 }) number!: string;
  @kept({ length: 60 }) developerKey!: string;
  @kept({ length: 30 }) versionId!: string;
  @kept({ length: 40 }) lifecycle!: 'FILED' | 'LAUNCHED' | 'WITHDRAWN' | 'NOT_RELEASED' | 'CLOSED';
  @kept({ length: 24 }) filedAt!: string;
  @kept({ length: 24 }) plannedLaunchAt!: string;
  @kept({ length: 24 }) windowOpensAt!: string;
  @kept({ length: 24, nullable: true }) launchedAt!: string | null;
  /** Agencies with which the submission is shared. */
  @kept({ type: 'simple-json' }) agencyKeys!: string[];
  /** Agencies with which it was shared earlier: they may finish open work but start nothing. */
  @kept({ type: 'simple-json' }) formerAgencyKeys!: string[];
  @kept({ type: 'boolean' }) exercise!: boolean;
}

/** Copy of an access grant, written by events. */
@record('access_notice', { index: [['submissionId']] })
export class AccessNotice {
  @kept({ primary: true, length: 30 }) id!: string;
  @kept({ length: 30 }) submissionId!: string;
  @kept({ length: 60 }) agencyKey!: string;
  @kept({ length: 40 }) mode!: string;
  @kept({ length: 40 }) status!: string;
  @kept({ length: 24 }) startsAt!: string;
  @kept({ length: 24 }) endsAt!: string;
  @kept({ type: 'boolean' }) postLaunchConsent!: boolean;
  @kept({ type: 'boolean' }) revoked!: boolean;
  @kept({ type: 'boolean' }) exercise!: boolean;
}
