import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  date,
  flag,
  generatedId,
  integer,
  key,
  longText,
  oneOf,
  refersTo,
  text,
  textList,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { Vendor } from '../vendor/vendor';

export const CloudStatus = enumeration('CloudStatus', 'Where a cloud offering stands at FedRAMP.', {
  READY: 'Found ready.',
  AGENCY_IN_PROCESS: 'Being authorized by an agency.',
  IN_PROCESS: 'Being authorized.',
  AUTHORIZED: 'Authorized.',
});

export const AuthorizationKind = enumeration(
  'AuthorizationKind',
  'Whether an agency was the first to authorize an offering.',
  {
    INITIAL: 'It was the first.',
    REUSE: 'It reused what another found.',
  },
);

@model('A cloud offering of the FedRAMP marketplace.', { key: 'fedrampId', order: ['provider', 'name'] })
export class CloudOffering {
  @key('FedRAMP id; forms differ.') fedrampId!: string;
  @belongsTo(() => Vendor, 'Provider, as the graph knows it.', {
    as: 'vendor',
    length: 80,
    filter: true,
    nullable: true,
  })
  vendorKey!: string | null;
  @text('Provider, as published.', { filter: true, order: true }) provider!: string;
  @text('Name.', { filter: true, order: true }) name!: string;
  @oneOf(() => CloudStatus, 'Where it stands.', { nullable: true, filter: true, order: true }) status!: ValueOf<
    typeof CloudStatus
  > | null;
  @text('Impact level, as published, such as "Moderate" or "20x Low".', {
    nullable: true,
    filter: true,
    order: true,
    length: 40,
  })
  impactLevel!: string | null;
  @text('Who authorized it first.', { nullable: true, filter: true, length: 60 }) authorizationType!: string | null;
  @date('Since when it is authorized.', { nullable: true, filter: true, order: true }) authorizedOn!: string | null;
  @date('Since when it is ready.', { nullable: true, filter: true, order: true }) readyOn!: string | null;
  @textList('Service models.') serviceModels!: string[];
  @text('Deployment model.', { nullable: true, filter: true, length: 60 }) deploymentModel!: string | null;
  @text('Agency that works with it, as published.', { nullable: true }) partneringAgency!: string | null;
  @text('Assessor.', { nullable: true }) assessor!: string | null;
  @integer('Authorizations, as published.', { nullable: true, filter: true, order: true }) authorizationCount!:
    | number
    | null;
  @integer('Reuses, as published.', { nullable: true, filter: true, order: true }) reuseCount!: number | null;
  @flag('Whether it has to do with AI, by its publisher.', { filter: true }) aiRelated!: boolean;
  @flag('Whether its provider is a small business; null when not published.', { nullable: true, filter: true })
  smallBusiness!: boolean | null;
  @longText('What it is.', { nullable: true }) description!: string | null;

  @hasMany(() => AgencyAuthorization, 'fedrampId', 'Agencies that authorized it.') authorizations!: unknown;
}

@model('That an agency authorized a cloud offering.', { order: ['-authorizedOn'] })
export class AgencyAuthorization {
  @generatedId('aut') id!: string;
  @text('FedRAMP id of the offering, as published; some name an offering that is no longer listed.', {
    filter: true,
    index: true,
    length: 30,
  })
  fedrampId!: string;
  @refersTo(() => Agency, 'The agency; null when the graph does not know it.', { as: 'agency', nullable: true })
  agencyKey!: string | null;
  @text('Agency, as published; null when not published.', { nullable: true, filter: true, order: true }) agencyName!:
    | string
    | null;
  @text('Part of the agency, as published.', { nullable: true, filter: true }) subAgencyName!: string | null;
  @text("FedRAMP's id of the agency.", { nullable: true, filter: true, length: 20 }) fedrampAgencyId!: string | null;
  @oneOf(() => AuthorizationKind, 'Whether it was the first.', { filter: true }) kind!: ValueOf<
    typeof AuthorizationKind
  >;
  @date('Day of the authorization to operate.', { nullable: true, filter: true, order: true }) operatesSince!:
    | string
    | null;
  @date('Day of the authorization.', { nullable: true, filter: true, order: true }) authorizedOn!: string | null;
  @date('Until when.', { nullable: true, filter: true, order: true }) expiresOn!: string | null;
}

@model('An agency as the FedRAMP marketplace lists it.', { entity: false, order: ['parentName'] })
export class MarketplaceAgency {
  @key("FedRAMP's id.", { length: 20 }) id!: string;
  @refersTo(() => Agency, 'The agency; null when the graph does not know it.', { as: 'agency', nullable: true })
  agencyKey!: string | null;
  @text('Name of the agency, or of the department.', { filter: true, order: true }) parentName!: string;
  @text('Name of the part.', { nullable: true, filter: true }) subName!: string | null;
  @text('Website.', { nullable: true, length: 500 }) website!: string | null;
  @integer('Authorizations, as published.', { nullable: true, order: true }) authorizationCount!: number | null;
  @integer('Reuses, as published.', { nullable: true, order: true }) reuseCount!: number | null;
}
