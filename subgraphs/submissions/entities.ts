import { stub, stubKey } from '#kit/model/model';

/** Entities of other subgraphs to which submissions only refer. */

@stub('Finding of a review about a model.', { resolvable: false, matchedBy: 'findingKeys' })
export class Finding {
  @stubKey() id!: string;
}
