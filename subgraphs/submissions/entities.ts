import { stub, stubKey } from '#kit/model/model';

/** Entities of other subgraphs to which submissions only refer. */

@stub(
  'Designation by the Director of NSA: whether a model is a covered model. Thresholds and test results stay outside the graph.',
  { resolvable: false },
)
export class Designation {
  @stubKey() id!: string;
}

@stub('Finding of a review about a model.', { resolvable: false, matchedBy: 'findingKeys' })
export class Finding {
  @stubKey() id!: string;
}
