import { parse } from 'graphql';
import { declareRoles } from '#base/identity/roles';
import { readText } from '#base/read-text';
import { rolesOf } from '../policy/roles';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';

/** Declares the roles of the committed supergraph, without the code of its subgraphs. @throws OperatorError */
export function declareOwnRoles(): void {
  const sdl = readText(OWN_SUPERGRAPH_FILE, 'The supergraph');
  // its schema definition comes first; parsing all of it takes ten times as long
  const header = sdl.slice(0, sdl.indexOf('\n}\n') + 3);
  // a copy: parts of a text keep all of it in memory, which is 4 MB
  declareRoles(rolesOf(parse(Buffer.from(header).toString(), { noLocation: true })));
}
