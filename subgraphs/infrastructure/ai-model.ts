import { hasMany } from '#kit/collection/connection';
import { stub, stubKey } from '#kit/model/model';
import { DefensiveTool } from './tool/defensive-tool';

/** An AI model, as infrastructure extends it. */
@stub('An AI model: public ones from published catalogs, unreleased ones by codename.')
export class AIModel {
  @stubKey() id!: string;
  @hasMany(() => DefensiveTool, 'modelId', 'Defensive tools that are built on it.') defensiveTools!: unknown;
}
