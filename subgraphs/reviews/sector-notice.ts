import { sectorAssessed } from '#domain/contracts/events';
import { SectorRiskLevel } from '#domain/contracts/sector-risk-level';
import { noticeId } from '#domain/staffing/staffing-notice';
import { type EventHandler, on } from '#kit/events/inbox';
import { kept, record } from '#kit/model/record';

/** Copy of the last risk report about a sector. Events of the infrastructure program write it. */
@record('sector_notice')
export class SectorNotice {
  @kept({ primary: true, length: 70 }) id!: string;
  @kept({ length: 60 }) sectorKey!: string;
  @kept({ length: 40 }) level!: SectorRiskLevel;
  @kept({ length: 10 }) asOf!: string;
  @kept({ type: 'boolean' }) exercise!: boolean;
}

/** Reports about one sector arrive in their order, and each is newer than the one before. */
export const sectorHandlers: readonly EventHandler[] = [
  on(sectorAssessed, async ({ database }, _sector, { sectorKey, level, asOf, exercise }) =>
    database.upsert(SectorNotice, [{ id: noticeId(sectorKey, exercise), sectorKey, level, asOf, exercise }]),
  ),
];

const ORDER = Object.values(SectorRiskLevel);

/** The highest of the levels; null without any. */
export const highest = (levels: readonly SectorRiskLevel[]): SectorRiskLevel | null =>
  levels.reduce<SectorRiskLevel | null>(
    (top, level) => (top === null || ORDER.indexOf(level) > ORDER.indexOf(top) ? level : top),
    null,
  );
