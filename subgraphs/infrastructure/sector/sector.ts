import { SectorRiskLevel } from '#domain/contracts/sector-risk-level';
import { hasMany } from '#kit/collection/connection';
import {
  belongsTo,
  computed,
  date,
  exerciseFlag,
  generatedId,
  key,
  longText,
  oneOf,
  refersTo,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { InfrastructureEvent } from '../timeline/infrastructure-event';

@model('Critical-infrastructure sector and the agencies that manage its risk.', { key: 'key', order: ['name'] })
export class Sector {
  @key('Short name in kebab case, such as "financial-services".', { length: 60 }) key!: string;
  @text('Name of the sector.', { filter: true, order: true }) name!: string;
  @refersTo(() => Agency, 'Sector risk management agency (SRMA). The lead agency if there are several.', {
    as: 'leadAgency',
  })
  leadAgencyKey!: string;
  @refersTo(() => Agency, 'Agency that performs the role on behalf of the lead. Null if the lead does so itself.', {
    as: 'performedBy',
    nullable: true,
  })
  performedByKey!: string | null;

  @hasMany(() => SectorRisk, 'sectorKey', 'Risk reports about the sector, latest first.') risks!: unknown;
  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the sector, oldest first.') timeline!: unknown;

  @computed(() => SectorRiskLevel, 'Risk level in the latest report. Null without a report.', {
    nullable: true,
  })
  async riskLevel({ loaders }: Context): Promise<SectorRiskLevel | null> {
    return (await loaders.allBy(SectorRisk, 'sectorKey').load(this.key))[0]?.level ?? null;
  }
}

@model('Risk report about a sector.', { entity: false, order: ['-asOf'] })
export class SectorRisk {
  @generatedId('srk') id!: string;
  @belongsTo(() => Sector, 'Sector that the report is about.', { as: 'sector', length: 60, filter: true })
  sectorKey!: string;
  @date('Date of the report.', { filter: true, order: true }) asOf!: string;
  @oneOf(() => SectorRiskLevel, 'Reported risk level.', { filter: true }) level!: SectorRiskLevel;
  @longText('Drivers of the risk.', { nullable: true, sensitivity: 'GOV' }) drivers!: string | null;
  @exerciseFlag() exercise!: boolean;
}

export const SectorCoAgency = links(
  () => Sector,
  'coAgencies',
  () => Agency,
  {
    description: 'Co-SRMAs: agencies that share the risk management role with the lead.',
  },
);
