import { hasMany } from '#kit/collection/connection';
import { stub, stubKey } from '#kit/model/model';
import { DefensiveTool } from './tool/defensive-tool';

/** An AI model, as infrastructure extends it. */
@stub('AI model: public models from published catalogs, unreleased models by codename.', {
  matchedBy: 'aiModelKeys',
})
export class AIModel {
  @stubKey() id!: string;
  @hasMany(() => DefensiveTool, 'modelId', 'Defensive tools built on the model.') defensiveTools!: unknown;
}
