import { stub, stubKey } from '#kit/model/model';

/** Entities of other subgraphs that submissions refer to and add nothing to. */

@stub('What a review found about a model.', { resolvable: false })
export class Finding {
  @stubKey() id!: string;
}
