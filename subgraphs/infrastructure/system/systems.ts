import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import type { Work } from '#kit/mutation/work';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { FederalSystem, type SystemStatus } from './federal-system';
import { type SystemFacts, systemLifecycle } from './lifecycle';

/** Systems as mutations change them: those of the caller's agency. */
const SYSTEMS: ChangeableType<FederalSystem, SystemStatus, SystemFacts> = {
  type: FederalSystem,
  machine: systemLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'SYSTEM',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
};

/** Locks systems of the caller's agency. */
export const openSystems = (work: Work, ids: readonly string[]) => ChangeSet.open(SYSTEMS, work, ids);

/** Locks systems of the caller's agency to which an input refers. @returns those that exist, by id */
export async function ownSystems(
  { database, principal }: Work,
  ids: readonly string[],
): Promise<ReadonlyMap<string, FederalSystem>> {
  const systems = await database.lockAll(FederalSystem, [...new Set(ids)]);
  return new Map(systems.filter(({ agencyKey }) => agencyKey === principal.agency).map((of) => [of.id, of]));
}
