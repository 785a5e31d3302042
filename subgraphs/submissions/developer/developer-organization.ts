import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { exerciseFlag, key, oneOf, revisionNumber, text, textList } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { AIModel } from '../model/ai-model';
import { Submission } from '../submission/submission';

export const DeveloperCategory = enumeration('DeveloperCategory', 'What kind of organization a developer is.', {
  INDUSTRY: 'A company.',
  ACADEMIA: 'A university or research institute.',
  GOVERNMENT: 'A public body.',
  OTHER: 'Anything else, such as a research collective.',
});

export const AgreementStatus = enumeration(
  'AgreementStatus',
  "Where a developer's agreement with the government stands.",
  {
    NONE: 'There is none.',
    IN_DISCUSSION: 'It is being discussed.',
    IN_FORCE: 'It is in force.',
    ENDED: 'It has ended.',
  },
);

@model('An organization that develops AI models and may share them, voluntarily, before launch.', {
  key: 'key',
  order: ['legalName'],
})
export class DeveloperOrganization {
  @key('Short name in kebab case, for example "openai".', { length: 60 }) key!: string;
  @text('Name of the organization.', { filter: true, order: true }) legalName!: string;
  @text('Country of its seat, ISO 3166-1 alpha-2; null when unknown.', { length: 2, nullable: true, filter: true })
  country!: string | null;
  @oneOf(() => DeveloperCategory, 'What kind of organization it is.', { filter: true }) category!: ValueOf<
    typeof DeveloperCategory
  >;
  @textList('Names it bears as a vendor in the catalog of known exploited vulnerabilities.')
  kevVendorNames!: string[];
  @textList('Other names that publishers use for it.') alsoKnownAs!: string[];
  @text('Office that speaks for it.', { nullable: true, sensitivity: 'PROPIN' }) pointOfContact!: string | null;
  @oneOf(() => AgreementStatus, 'Where its agreement with the government stands.', { sensitivity: 'GOV' })
  agreementStatus!: ValueOf<typeof AgreementStatus>;
  @text('Reference of the agreement.', { nullable: true, length: 80, sensitivity: 'PROPIN' }) agreementRef!:
    | string
    | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => AIModel, 'developerKey', 'Its models; narrow by releaseStatus for those that are public.')
  models!: unknown;
  @hasMany(() => Submission, 'developerKey', 'What it has shared, or plans to share, before launch.')
  submissions!: unknown;
}
