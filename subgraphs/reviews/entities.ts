import { stub, stubKey } from '#kit/model/model';

/** Entities of other subgraphs to which reviews only refer. */

@stub('How an agency staffs a work role.', { key: 'key', resolvable: false })
export class AgencyWorkRole {
  @stubKey('Agency key and work role code, joined by a colon.') key!: string;
}

@stub('Question of a developer during development: is this model a covered frontier model?', { resolvable: false })
export class CoverageInquiry {
  @stubKey() id!: string;
}

@stub('A case of the vulnerability clearinghouse.', { resolvable: false, matchedBy: 'clearinghouseCaseKeys' })
export class ClearinghouseCase {
  @stubKey() id!: string;
}
