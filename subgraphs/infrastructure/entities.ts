import { stub, stubKey } from '#kit/model/model';

/** Entities of other subgraphs that infrastructure references without adding fields. */

@stub('Work role of the cyber and AI workforce.', {
  key: 'code',
  resolvable: false,
  matchedBy: 'workRoleKeys',
})
export class WorkRole {
  @stubKey() code!: string;
}

@stub('Staffing of one work role at one agency.', { key: 'key', resolvable: false })
export class AgencyWorkRole {
  @stubKey('Agency key and work role code, joined by a colon.') key!: string;
}

@stub('Finding of a review about a model.', { resolvable: false, matchedBy: 'findingKeys' })
export class Finding {
  @stubKey() id!: string;
}
