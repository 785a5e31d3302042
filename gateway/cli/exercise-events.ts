import { civilDate } from '#base/civil';
import { type ExerciseRows, rows } from '#domain/exercise/story';
import { latest, noticeId, StaffingNotice } from '#domain/staffing/staffing-notice';
import type { ModelClass } from '#kit/model/model';
import { CapabilityAssessment } from '../../subgraphs/infrastructure/capability/capability';
import { workRolesOf } from '../../subgraphs/infrastructure/reference/references';
import { SectorRisk } from '../../subgraphs/infrastructure/sector/sector';
import { SectorNotice } from '../../subgraphs/reviews/sector-notice';
import { CapabilityGap } from '../../subgraphs/workforce/capability-gap';
import { HiringRequest, Position, PositionWorkRole } from '../../subgraphs/workforce/position/position';

/** Exercise rows of a type. */
const of = <T extends object>(tables: readonly ExerciseRows[], target: ModelClass<T>): readonly Partial<T>[] =>
  (tables.find((table) => table.target === target)?.rows ?? []) as readonly Partial<T>[];

/** Copies of staffing changes, as `workforce.entered-on-duty` carries them in operation. */
export function staffingNotices(workforce: readonly ExerciseRows[]): ExerciseRows {
  const positions = new Map(of(workforce, Position).map((position) => [position.id!, position]));
  const roles = Map.groupBy(of(workforce, PositionWorkRole), ({ ownerKey }) => ownerKey!);
  const enteredOn = new Map<string, string | null>();
  for (const { positionId, enteredOnDutyAt } of of(workforce, HiringRequest)) {
    if (!enteredOnDutyAt) continue;
    const day = civilDate(enteredOnDutyAt);
    for (const { targetKey } of roles.get(positionId!) ?? []) {
      const id = noticeId(`${positions.get(positionId!)!.agencyKey}:${targetKey}`, true);
      enteredOn.set(id, latest(enteredOn.get(id) ?? null, day));
    }
  }
  return rows(
    StaffingNotice,
    [...enteredOn].map(([id, day]) => ({ id, enteredOn: day, vacatedOn: null, exercise: true })),
  );
}

/** Copies of capabilities below their targets, as `infrastructure.gap-recorded` carries them. */
export function capabilityGaps(infrastructure: readonly ExerciseRows[]): ExerciseRows {
  const below = of(infrastructure, CapabilityAssessment).filter(
    ({ current, tier, target }) => current && tier! < target!,
  );
  return rows(
    CapabilityGap,
    below.map(({ agencyKey, dimensionId, tier, target, assessedOn }) => ({
      ...{ id: noticeId(`${agencyKey}:${dimensionId}`, true), agencyKey, dimensionId, tier, target, assessedOn },
      ...{ roleCodes: [...(workRolesOf[dimensionId!] ?? [])], exercise: true },
    })),
  );
}

/** Copies of the last risk reports, as `infrastructure.sector-assessed` carries them. */
export function sectorNotices(infrastructure: readonly ExerciseRows[]): ExerciseRows {
  const reports = Map.groupBy(of(infrastructure, SectorRisk), ({ sectorKey }) => sectorKey!);
  return rows(
    SectorNotice,
    [...reports].map(([sectorKey, all]) => {
      const { level, asOf } = all.reduce((a, b) => (a.asOf! > b.asOf! ? a : b));
      return { id: noticeId(sectorKey, true), sectorKey, level, asOf, exercise: true };
    }),
  );
}
