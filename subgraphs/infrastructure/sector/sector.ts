import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
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

export const SectorRiskLevel = enumeration('SectorRiskLevel', 'How threatened a sector is.', {
  LOW: 'Low.',
  GUARDED: 'Guarded.',
  ELEVATED: 'Elevated.',
  HIGH: 'High.',
});

@model('A critical-infrastructure sector and who manages its risk.', { key: 'key', order: ['name'] })
export class Sector {
  @key('Short name in kebab case, such as "financial-services".', { length: 60 }) key!: string;
  @text('Name.', { filter: true, order: true }) name!: string;
  @refersTo(() => Agency, 'Sector risk management agency: the lead where there are several.', { as: 'leadAgency' })
  leadAgencyKey!: string;
  @refersTo(() => Agency, 'Agency that does the work for the lead.', { as: 'performedBy', nullable: true })
  performedByKey!: string | null;

  @hasMany(() => SectorRisk, 'sectorKey', 'How threatened it was, the latest first.') risks!: unknown;

  @computed(() => SectorRiskLevel, 'How threatened it is by the latest report; null when there is none.', {
    nullable: true,
  })
  async riskLevel({ loaders }: Context): Promise<ValueOf<typeof SectorRiskLevel> | null> {
    return (await loaders.allBy(SectorRisk, 'sectorKey').load(this.key))[0]?.level ?? null;
  }
}

@model('How threatened a sector was on a day.', { entity: false, order: ['-asOf'] })
export class SectorRisk {
  @generatedId('srk') id!: string;
  @belongsTo(() => Sector, 'The sector.', { as: 'sector', length: 60, filter: true }) sectorKey!: string;
  @date('The day.', { filter: true, order: true }) asOf!: string;
  @oneOf(() => SectorRiskLevel, 'How threatened.', { filter: true }) level!: ValueOf<typeof SectorRiskLevel>;
  @longText('What drives it.', { nullable: true, sensitivity: 'GOV' }) drivers!: string | null;
  @exerciseFlag() exercise!: boolean;
}

export const SectorCoAgency = links(
  () => Sector,
  'coAgencies',
  () => Agency,
  {
    description: 'Agencies that share the risk management with the lead.',
  },
);
