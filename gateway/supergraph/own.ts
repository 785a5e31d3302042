import { join } from 'node:path';
import { packageRoot } from '../../shared/package-root';

/** The supergraph of the four programmes, generated and committed, so that a start need not compose. */
export const OWN_SUPERGRAPH_FILE = join(packageRoot, 'gateway', 'supergraph', 'ordergraph.graphql');
