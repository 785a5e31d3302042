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

export const CloudStatus = enumeration('CloudStatus', 'FedRAMP status of a cloud offering.', {
  READY: 'FedRAMP Ready: assessed as able to meet the requirements.',
  AGENCY_IN_PROCESS: 'Agency authorization in process.',
  IN_PROCESS: 'FedRAMP authorization in process.',
  AUTHORIZED: 'FedRAMP Authorized.',
});
export type CloudStatus = ValueOf<typeof CloudStatus>;

export const AuthorizationKind = enumeration(
  'AuthorizationKind',
  'Whether an agency authorization was the first for an offering.',
  {
    INITIAL: 'First authorization of the offering.',
    REUSE: 'Authorization that reuses an earlier assessment.',
  },
);
export type AuthorizationKind = ValueOf<typeof AuthorizationKind>;

@model('Cloud service offering listed on the FedRAMP marketplace.', { key: 'fedrampId', order: ['provider', 'name'] })
export class CloudOffering {
  @key('FedRAMP package id. Formats vary.') fedrampId!: string;
  @belongsTo(() => Vendor, 'Vendor that provides the offering.', {
    as: 'vendor',
    length: 80,
    filter: true,
    nullable: true,
  })
  vendorKey!: string | null;
  @text('Provider name, as published.', { search: true, filter: true, order: true }) provider!: string;
  @text('Name of the offering.', { search: true, filter: true, order: true }) name!: string;
  @oneOf(() => CloudStatus, 'FedRAMP status. Null if not published.', { nullable: true, filter: true, order: true })
  status!: CloudStatus | null;
  @text('Impact level, as published, such as "Moderate" or "20x Low".', {
    nullable: true,
    filter: true,
    order: true,
    length: 40,
  })
  impactLevel!: string | null;
  @text('Type of the first authorization, as published.', { nullable: true, filter: true, length: 60 })
  authorizationType!: string | null;
  @date('Date of FedRAMP authorization.', { nullable: true, filter: true, order: true }) authorizedOn!: string | null;
  @date('Date of the FedRAMP Ready designation.', { nullable: true, filter: true, order: true }) readyOn!:
    | string
    | null;
  @textList('Service models, such as "SaaS".') serviceModels!: string[];
  @text('Deployment model, as published.', { nullable: true, filter: true, length: 60 }) deploymentModel!:
    | string
    | null;
  @text('Partnering agency, as published.', { nullable: true }) partneringAgency!: string | null;
  @text('Independent assessor (3PAO), as published.', { nullable: true }) assessor!: string | null;
  @integer('Number of agency authorizations, as published.', { nullable: true, filter: true, order: true })
  authorizationCount!: number | null;
  @integer('Number of authorizations that reuse an earlier one, as published.', {
    nullable: true,
    filter: true,
    order: true,
  })
  reuseCount!: number | null;
  @flag('Whether the publisher marks the offering as AI-related.', { filter: true }) aiRelated!: boolean;
  @flag('Whether the provider is a small business. Null if not published.', { nullable: true, filter: true })
  smallBusiness!: boolean | null;
  @longText('Description of the offering, as published.', { nullable: true }) description!: string | null;

  @hasMany(() => AgencyAuthorization, 'fedrampId', 'Agency authorizations of the offering.') authorizations!: unknown;
}

@model('Authorization of a cloud offering by an agency.', { order: ['-authorizedOn'] })
export class AgencyAuthorization {
  @generatedId('aut') id!: string;
  @text('FedRAMP id of the offering, as published. Some ids name an offering that is no longer listed.', {
    filter: true,
    index: true,
    length: 30,
  })
  fedrampId!: string;
  @refersTo(() => Agency, 'Matching agency of the graph. Null if the published name matches none.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('Agency name, as published. Null if not published.', { nullable: true, filter: true, order: true }) agencyName!:
    | string
    | null;
  @text('Component of the agency, as published.', { nullable: true, filter: true }) subAgencyName!: string | null;
  @text('FedRAMP agency id.', { nullable: true, filter: true, length: 20 }) fedrampAgencyId!: string | null;
  @oneOf(() => AuthorizationKind, 'Whether this was the first authorization of the offering or a reuse.', {
    filter: true,
  })
  kind!: AuthorizationKind;
  @date('Date of the authorization to operate (ATO).', { nullable: true, filter: true, order: true }) operatesSince!:
    | string
    | null;
  @date('Date of the FedRAMP authorization.', { nullable: true, filter: true, order: true }) authorizedOn!:
    | string
    | null;
  @date('Expiration date of the authorization.', { nullable: true, filter: true, order: true }) expiresOn!:
    | string
    | null;
}

@model('Agency as listed on the FedRAMP marketplace.', { entity: false, order: ['parentName'] })
export class MarketplaceAgency {
  @key('FedRAMP agency id.', { length: 20 }) id!: string;
  @refersTo(() => Agency, 'Matching agency of the graph. Null if the published name matches none.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('Name of the agency or its parent department.', { filter: true, order: true }) parentName!: string;
  @text('Name of the component. Null for the agency itself.', { nullable: true, filter: true }) subName!: string | null;
  @text('Website, as published. Not always a valid URL.', { nullable: true, length: 500 }) website!: string | null;
  @integer('Number of authorizations by the agency, as published.', { nullable: true, order: true })
  authorizationCount!: number | null;
  @integer('Number of reused authorizations at the agency, as published.', { nullable: true, order: true }) reuseCount!:
    | number
    | null;
}
