import type { Importer } from '#kit/import/importer';
import { agencyIdentifiers } from './agency-identifiers';
import { fedrampAgencies, fedrampAuthorizations, fedrampProducts } from './fedramp';
import { bureaus, govDomains } from './gov-domains';
import { kev } from './kev';
import { controls, csf } from './nist';
import { sectorList } from './sectors';
import { commercialUseCases, individualUseCases } from './use-cases';
import { vulnrichment } from './vulnrichment';

export const importers: readonly Importer[] = [
  kev,
  vulnrichment,
  individualUseCases,
  commercialUseCases,
  govDomains,
  bureaus,
  fedrampProducts,
  fedrampAgencies,
  fedrampAuthorizations,
  controls,
  csf,
  sectorList,
  agencyIdentifiers,
];
