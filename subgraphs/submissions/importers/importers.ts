import type { Importer } from '#kit/import/importer';
import { developerCrosswalk, developers } from './developers';
import { holidays } from './holidays';
import { modelVersions } from './model-versions';
import { frontierModels, notableModels } from './models';
import { orderProvisions } from './order-provisions';

export const importers: readonly Importer[] = [
  developers,
  developerCrosswalk,
  frontierModels,
  notableModels,
  modelVersions,
  orderProvisions,
  holidays,
];
