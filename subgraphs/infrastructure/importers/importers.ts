import type { Importer } from '../../../shared/import/importer';

export const importers: readonly Importer[] = [];
