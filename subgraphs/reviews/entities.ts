import { stub, stubKey } from '../../shared/model/model';

/** Entities of other subgraphs that reviews refer to and add nothing to. */

@stub('A role of the cyber and AI workforce.', { key: 'code', resolvable: false })
export class WorkRole {
  @stubKey() code!: string;
}

@stub('A vulnerability.', { key: 'cveId', resolvable: false })
export class Vulnerability {
  @stubKey() cveId!: string;
}

@stub('How an agency staffs a work role.', { resolvable: false })
export class AgencyWorkRole {
  @stubKey('Agency key and work role code, joined by a colon.') id!: string;
}

@stub('A case of the vulnerability clearinghouse.', { resolvable: false })
export class ClearinghouseCase {
  @stubKey() id!: string;
}
