import type { Importer } from '#kit/import/importer';
import { atlas } from './atlas';
import { benchmarkRuns, timeHorizons } from './benchmarks';
import { cveBench, cybench, evaluations } from './evaluations';

export const importers: readonly Importer[] = [atlas, evaluations, cybench, cveBench, benchmarkRuns, timeHorizons];
