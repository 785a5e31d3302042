import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { exerciseFlag, key, oneOf, revisionNumber, text, textList } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { AIModel } from '../model/ai-model';
import { Submission } from '../submission/submission';

export const DeveloperCategory = enumeration('DeveloperCategory', 'Type of developer organization.', {
  INDUSTRY: 'Company.',
  ACADEMIA: 'University or research institute.',
  GOVERNMENT: 'Public body.',
  OTHER: 'Any other type, such as a research collective.',
});

export const AgreementStatus = enumeration(
  'AgreementStatus',
  "Status of a developer's agreement with the government.",
  {
    NONE: 'No agreement.',
    IN_DISCUSSION: 'Under discussion.',
    IN_FORCE: 'In force.',
    ENDED: 'Ended.',
  },
);
export type AgreementStatus = ValueOf<typeof AgreementStatus>;

@model('Organization that develops AI models and may voluntarily share them before launch.', {
  key: 'key',
  order: ['legalName'],
})
export class DeveloperOrganization {
  @key('Short name in kebab case, such as "openai".', { length: 60 }) key!: string;
  @text('Legal name.', { search: true, filter: true, order: true }) legalName!: string;
  @text('Country of the head office, ISO 3166-1 alpha-2; null if unknown.', { length: 2, nullable: true, filter: true })
  country!: string | null;
  @oneOf(() => DeveloperCategory, 'Type of organization.', { filter: true }) category!: ValueOf<
    typeof DeveloperCategory
  >;
  @textList('Vendor names of the organization in the Known Exploited Vulnerabilities catalog.')
  kevVendorNames!: string[];
  @textList('Other names that sources use for the organization.') alsoKnownAs!: string[];
  @text('Office to contact; never a person.', { nullable: true, sensitivity: 'PROPIN' }) pointOfContact!: string | null;
  @oneOf(() => AgreementStatus, 'Status of the agreement with the government. Filing requires no agreement.', {
    sensitivity: 'GOV',
  })
  agreementStatus!: AgreementStatus;
  @text('Reference number of the agreement.', { nullable: true, length: 80, sensitivity: 'PROPIN' }) agreementRef!:
    | string
    | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => AIModel, 'developerKey', 'Models of the organization. Filter by releaseStatus for public models.')
  models!: unknown;
  @hasMany(() => Submission, 'developerKey', 'Submissions of the organization, drafts included.')
  submissions!: unknown;
}
