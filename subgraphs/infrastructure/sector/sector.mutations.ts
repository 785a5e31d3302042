import { civilDate } from '#base/civil';
import { InputError, RequestError, UnknownReferenceError } from '#base/errors';
import { sectorAssessed } from '#domain/contracts/events';
import { SectorRiskLevel } from '#domain/contracts/sector-risk-level';
import { SubjectTimelines } from '#domain/timeline';
import { dateInput, enumInput, idInput, longTextInput, optional } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { Sector, SectorCoAgency, SectorRisk } from './sector';

/** Agencies that manage the risk of a sector: the lead, the one that performs the role for it, and co-SRMAs. */
export async function riskAgencies({ database }: Work, sector: Sector): Promise<ReadonlySet<string>> {
  const others = await database.findBy(SectorCoAgency, 'ownerKey', [sector.key]);
  const { leadAgencyKey, performedByKey } = sector;
  return new Set([leadAgencyKey, ...(performedByKey ? [performedByKey] : []), ...others.map((link) => link.targetKey)]);
}

const assessSector = mutation({
  name: 'assessSector',
  description: 'Reports the risk of a sector. Only its risk management agencies do; earlier reports stay.',
  by: ['CISO'],
  input: {
    sector: idInput('Key of the sector.'),
    level: enumInput(() => SectorRiskLevel, 'Risk level.'),
    asOf: optional(
      dateInput('Date of the report; today by default. Not in the future, and not before the last report.'),
    ),
    drivers: optional(longTextInput('Drivers of the risk.')),
  },
  returns: ['sector', () => Sector],
  async run(work, { sector: key, level, asOf: stated, drivers }) {
    const { database, principal, now, actor } = work;
    const sector = await database.lock(Sector, key);
    if (!sector) throw new UnknownReferenceError('sector', key, ['input', 'sector']);
    if (!(await riskAgencies(work, sector)).has(principal.agency!))
      throw new RequestError(
        'FORBIDDEN',
        `Only risk management agencies of "${key}" report its risk; "${principal.agency}" is none`,
        ['input', 'sector'],
      );
    const today = civilDate(now);
    const asOf = stated ?? today;
    if (asOf > today) throw new InputError(`"asOf" is in the future: it is ${today} today`, ['input', 'asOf']);
    const reports = await database.findBy(SectorRisk, 'sectorKey', [key]);
    const last = reports
      .map((report) => report.asOf)
      .sort()
      .at(-1);
    if (last !== undefined && asOf <= last)
      throw new InputError(`"asOf" is not after the last report, of ${last}: reports are only added`, [
        'input',
        'asOf',
      ]);
    await database.insert(SectorRisk, [
      { id: work.newId('srk'), sectorKey: key, asOf, level, drivers, exercise: false },
    ]);
    const timelines = await SubjectTimelines.open(work, InfrastructureEvent, [key]);
    const subject = { type: 'SECTOR', id: key, agencyKey: principal.agency, exercise: false };
    const detail = `${level} as of ${asOf}`;
    timelines.add(subject, timelines.timeOf(key), { kind: 'SECTOR_ASSESSED', actor, detail });
    await timelines.save();
    work.emit(sectorAssessed, key, { sectorKey: key, level, asOf, exercise: false });
    return key;
  },
});

export const sectorMutations = [assessSector];
