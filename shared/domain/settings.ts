import { z } from 'zod';
import type { SettingTable } from '#base/settings';

/** Settings of the voluntary framework's rules. */
export const frameworkSettings = {
  launchReference: {
    env: 'ORDERGRAPH_LAUNCH_REFERENCE',
    hasFlag: false,
    schema: z.enum(['PUBLIC_LAUNCH', 'TRUSTED_PARTNER_RELEASE']),
    default: 'PUBLIC_LAUNCH',
    help: 'Event that ends the review window of submissions that name none: PUBLIC_LAUNCH or TRUSTED_PARTNER_RELEASE.',
  },
} as const satisfies SettingTable;

/** Limits on uploaded documents. */
export const documentSettings = {
  organizationBytes: {
    env: 'ORDERGRAPH_ORGANIZATION_DOCUMENT_BYTES',
    hasFlag: false,
    schema: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    default: 100 * 1024 ** 3,
    help: 'Maximum bytes of the documents of one developer organization, stored and announced for upload; 0 disables the limit.',
  },
} as const satisfies SettingTable;

/** Settings of records schedules. */
export const recordsSettings = {
  candidateDays: {
    env: 'ORDERGRAPH_CANDIDATE_RETENTION_DAYS',
    hasFlag: false,
    schema: z.coerce.number().int().min(1).max(36_500),
    default: 730,
    help: 'Days for which data of a candidate are kept after the last announcement closes.',
  },
  sharingDays: {
    env: 'ORDERGRAPH_CERTIFICATE_SHARING_DAYS',
    hasFlag: false,
    schema: z.coerce.number().int().min(1).max(3_650),
    default: 365,
    help: 'Days after its issue for which a certificate of candidates can be shared with another agency.',
  },
} as const satisfies SettingTable;

const hours = z.coerce.number().int().min(1).max(8_760);

/** Targets of forensic triage. */
export const triageSettings = {
  scopeHours: {
    env: 'ORDERGRAPH_TRIAGE_SCOPE_HOURS',
    hasFlag: false,
    schema: hours,
    default: 2,
    help: 'Hours within which a forensic triage determines the affected assets.',
  },
  evidenceHours: {
    env: 'ORDERGRAPH_TRIAGE_EVIDENCE_HOURS',
    hasFlag: false,
    schema: hours,
    default: 24,
    help: 'Hours within which a forensic triage preserves volatile evidence.',
  },
  decisionHours: {
    env: 'ORDERGRAPH_TRIAGE_DECISION_HOURS',
    hasFlag: false,
    schema: hours,
    default: 72,
    help: 'Hours within which a forensic triage decides whether assets are compromised.',
  },
} as const satisfies SettingTable;
