import type { ModelClass } from '#kit/model/model';
import type { Policy } from '#kit/policy/policy';
import { any, having, listingRole, ofPerson, oversight, type Rule, through } from '#kit/policy/rule';
import { SavedQuestion } from './question/saved-question';
import { SavedQuestionVersion } from './question/saved-question-version';
import { TrustedDocument } from './question/trusted-document';

/** The owner, callers with a role that it is shared with, and oversight. */
const colleague = any(
  ofPerson('ownerPersonKey', 'that they saved'),
  listingRole('sharedWithRoles', 'shared with one of their roles'),
  oversight,
);
/** Operators decide which questions are trusted, and need not know whose they are. */
const reader = any(colleague, having('operator'));
const ofQuestion = (rule: Rule): Rule => through('questionId', () => SavedQuestion, rule);

const ofVersions: Policy = { rows: ofQuestion(reader), GOV: ofQuestion(reader), PII: ofQuestion(colleague) };

/** Access rules of saved questions. Roles and sensitivity classes: docs/domain.md. */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [SavedQuestion, { rows: reader, GOV: reader, PII: colleague }],
  [SavedQuestionVersion, ofVersions],
  [TrustedDocument, ofVersions],
];
