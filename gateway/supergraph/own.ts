import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

/** The committed supergraph of the subgraphs of this repository, so that startup does not compose. */
export const OWN_SUPERGRAPH_FILE = join(packageRoot, 'gateway', 'supergraph', 'ordergraph.graphql');
