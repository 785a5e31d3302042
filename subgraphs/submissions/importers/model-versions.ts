import { publishedVersionId } from '#kit/ids';
import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { AIModel } from '../model/ai-model';
import { ModelVersion } from '../model/model-version';
import { publicModelId } from './models';

export const modelVersions: Importer = {
  source: 'model-versions',
  description: 'Versions of public models named in benchmarks (Epoch AI, CC BY 4.0), JSON',
  files: ['model-versions.json'],
  after: ['frontier-models', 'notable-models'],
  needs: [AIModel],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row, session) {
    const label = row.text('id');
    const name = row.optional('model');
    const modelId = name === null ? null : publicModelId(name);
    const matched = modelId !== null && session.has(AIModel, modelId);
    if (!matched) session.unmatched('model', name ?? '(none)');
    return [
      write(ModelVersion, {
        id: publishedVersionId(label),
        modelId: matched ? modelId : null,
        label: row.optional('displayName') ?? label,
        publicLabel: label,
        releasedOn: row.optionalDate('released'),
        exercise: false,
      }),
    ];
  },
};
