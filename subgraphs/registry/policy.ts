import type { ModelClass } from '#kit/model/model';
import type { Policy } from '#kit/policy/policy';
import { any, having, listingRole, ofPerson, oversight, type Rule, through } from '#kit/policy/rule';
import { SavedQuestion } from './question/saved-question';
import { SavedQuestionVersion } from './question/saved-question-version';
import { TrustedDocument } from './question/trusted-document';

/** The owner, callers with a role that it is shared with, operators, and oversight. */
const reader = any(
  ofPerson('ownerPersonKey', 'that they saved'),
  listingRole('sharedWithRoles', 'shared with one of their roles'),
  having('operator'),
  oversight,
);
const ofQuestion = through('questionId', () => SavedQuestion, reader);

/** Everything about a question follows one rule. */
const readBy = (rule: Rule): Policy => ({ rows: rule, GOV: rule, PII: rule });

/** Access rules of saved questions. Roles and sensitivity classes: docs/domain.md. */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [SavedQuestion, readBy(reader)],
  [SavedQuestionVersion, readBy(ofQuestion)],
  [TrustedDocument, readBy(ofQuestion)],
];
