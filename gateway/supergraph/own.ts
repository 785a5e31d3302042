import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

/** The supergraph of the four programmes, generated and committed, so that a start need not compose. */
export const OWN_SUPERGRAPH_FILE = join(packageRoot, 'gateway', 'supergraph', 'ordergraph.graphql');
