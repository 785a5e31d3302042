import type { ModelClass } from '#kit/model/model';
import type { Policy } from '#kit/policy/policy';
import { any, having, listingRole, ofPerson, oversight, type Rule, through } from '#kit/policy/rule';
import { ClientDocument } from './client/client-document';
import { ClientRelease } from './client/client-release';
import { SavedQuestion } from './question/saved-question';
import { SavedQuestionVersion } from './question/saved-question-version';
import { TrustedDocument } from './question/trusted-document';

/** Whose a question is, only the owner and oversight learn. */
const owner = any(ofPerson('ownerPersonKey', 'that they saved'), oversight);
/** Beside them, callers with a role that it is shared with, and operators, who decide which questions are trusted. */
const reader = any(owner, listingRole('sharedWithRoles', 'shared with one of their roles'), having('operator'));
const ofQuestion = (rule: Rule): Rule => through('questionId', () => SavedQuestion, rule);

const ofVersions: Policy = { rows: ofQuestion(reader), GOV: ofQuestion(reader), PII: ofQuestion(owner) };

/** Who operates the graph, and who coordinates changes of schemas. */
const maintainer = any(having('operator', 'coordinator'), oversight);
const ofReleases: Policy = { rows: maintainer, GOV: maintainer, PII: oversight };

/** Access rules of saved questions and released clients. Roles and sensitivity classes: docs/domain.md. */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [SavedQuestion, { rows: reader, GOV: reader, PII: owner }],
  [SavedQuestionVersion, ofVersions],
  [TrustedDocument, ofVersions],
  [ClientRelease, ofReleases],
  [ClientDocument, { rows: maintainer, GOV: maintainer }],
];
