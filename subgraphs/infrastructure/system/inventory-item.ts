import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  date,
  exerciseFlag,
  generatedId,
  integer,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { FederalSystem } from './federal-system';

export const AssetExposure = enumeration('AssetExposure', 'Whether public networks can reach an asset.', {
  PUBLIC: 'Untrusted or unauthenticated users can reach it over public networks.',
  INTERNAL: 'Not reachable from public networks.',
  UNKNOWN: 'Not yet determined. Counts as PUBLIC.',
});
export type AssetExposure = ValueOf<typeof AssetExposure>;

export const AssetEnvironment = enumeration('AssetEnvironment', 'Environment in which an asset runs.', {
  PRODUCTION: 'Production.',
  DEVELOPMENT: 'Development or test.',
});
export type AssetEnvironment = ValueOf<typeof AssetEnvironment>;

export const CryptoStandard = enumeration('CryptoStandard', 'Standard to which a cryptographic module is validated.', {
  FIPS_140_2: 'FIPS 140-2. Its certificates have been historical since September 21, 2026.',
  FIPS_140_3: 'FIPS 140-3.',
});
export type CryptoStandard = ValueOf<typeof CryptoStandard>;

export const CryptoStatus = enumeration('CryptoStatus', 'Status of the validation of a cryptographic module.', {
  ACTIVE: 'Active: may be procured.',
  HISTORICAL: 'Historical: existing use is a decision about risk.',
  REVOKED: 'Revoked.',
});
export type CryptoStatus = ValueOf<typeof CryptoStatus>;

export const InventoryItemStatus = enumeration('InventoryItemStatus', 'Whether the system still has the assets.', {
  RECORDED: 'The system has the assets.',
  REMOVED: 'The assets were removed from the system. No rule matches them anymore.',
});
export type InventoryItemStatus = ValueOf<typeof InventoryItemStatus>;

const isTagged = (column: (property: string) => string) =>
  `${column('organization')} IS NOT NULL AND ${column('environment')} IS NOT NULL AND ${column('exposure')} <> 'UNKNOWN' AND ${column('assetType')} IS NOT NULL`;

@model('Group of like assets of a system: one product in one version, with the tags of BOD 26-04.', {
  order: ['systemId', 'product'],
  sensitivity: 'ISVI',
})
export class InventoryItem {
  @generatedId('inv') id!: string;
  @belongsTo(() => FederalSystem, 'System with the assets.', { as: 'system', filter: true }) systemId!: string;
  @refersTo(() => Agency, 'Agency that owns the system.', { as: 'agency' }) agencyKey!: string;
  @text('Vendor of the product, as inventoried.', { filter: true, order: true, length: 120 }) vendor!: string;
  @text('Product, as inventoried.', { filter: true, order: true }) product!: string;
  @text('Version of the product. Null if unknown.', {
    column: 'product_version',
    nullable: true,
    filter: true,
    length: 60,
  })
  version!: string | null;
  @text('Vendor and product in a comparable form.', { hidden: true, index: true }) productKey!: string;
  @integer('Number of assets.', { filter: true, order: true }) count!: number;
  @text('Organization that runs the assets: a tag of BOD 26-04.', { nullable: true, filter: true, length: 120 })
  organization!: string | null;
  @text('Suborganization that runs the assets: a tag of BOD 26-04.', { nullable: true, filter: true, length: 120 })
  suborganization!: string | null;
  @oneOf(() => AssetEnvironment, 'Environment: a tag of BOD 26-04. Null if not tagged.', {
    nullable: true,
    filter: true,
    order: true,
  })
  environment!: AssetEnvironment | null;
  @oneOf(() => AssetExposure, 'Exposure to public networks: a tag of BOD 26-04.', { filter: true, order: true })
  exposure!: AssetExposure;
  @text('Type of asset, such as "server": a tag of BOD 26-04. Null if not tagged.', {
    nullable: true,
    filter: true,
    length: 60,
  })
  assetType!: string | null;
  @text('Certificate number of the cryptographic module. Null without one.', {
    nullable: true,
    filter: true,
    length: 40,
  })
  cryptoCertificate!: string | null;
  @oneOf(() => CryptoStandard, 'Standard of the cryptographic module. Null without one.', {
    nullable: true,
    filter: true,
  })
  cryptoStandard!: CryptoStandard | null;
  @oneOf(() => CryptoStatus, 'Validation status of the cryptographic module. Null without one.', {
    nullable: true,
    filter: true,
  })
  cryptoStatus!: CryptoStatus | null;
  @date('Date on which the vendor ends support. Null if none is announced.', {
    nullable: true,
    filter: true,
    order: true,
  })
  endOfSupportOn!: string | null;
  @date('Date of the last scan that saw the assets. Null if never scanned.', {
    nullable: true,
    filter: true,
    order: true,
  })
  lastEnumeratedOn!: string | null;
  @oneOf(() => InventoryItemStatus, 'Whether the system still has the assets.', {
    filter: true,
    order: true,
    default: 'RECORDED',
  })
  status!: InventoryItemStatus;
  @date('Date on which the assets were removed. Null before.', { nullable: true, filter: true, order: true })
  removedOn!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => VulnerabilityFinding, 'itemId', 'Vulnerability findings on the assets.') findings!: unknown;
  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the item, oldest first.') timeline!: unknown;

  @computed(
    () => Boolean,
    'Whether the assets have all tags of BOD 26-04: organization, environment, exposure, type.',
    {
      sensitivity: 'ISVI',
      derivedFrom: [
        'InventoryItem.organization',
        'InventoryItem.environment',
        'InventoryItem.exposure',
        'InventoryItem.assetType',
      ],
      conditions: { true: isTagged, false: (column) => `NOT (${isTagged(column)})` },
    },
  )
  fullyTagged(): boolean {
    return (
      this.organization !== null && this.environment !== null && this.exposure !== 'UNKNOWN' && this.assetType !== null
    );
  }
}
