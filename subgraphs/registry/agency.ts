import { AgencyFields, agencyRootsOf, declareAgency } from '#domain/agency/agency';

/** The agency of the owner of a saved question. */
export class Agency extends AgencyFields {}
declareAgency(Agency);

export const AgencyRoots = agencyRootsOf(Agency);
