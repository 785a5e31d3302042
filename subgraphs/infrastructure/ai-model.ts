import { hasMany } from '#kit/collection/connection';
import { stub, stubKey } from '#kit/model/model';
import { DefensiveTool } from './tool/defensive-tool';

/** AI model fields that the infrastructure program adds. */
@stub('AI model: released, from published catalogs, or unreleased, under a codename.')
export class AIModel {
  @stubKey() id!: string;
  @hasMany(() => DefensiveTool, 'modelId', 'Defensive tools built on the model.') defensiveTools!: unknown;
}
