import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { type Agreement, readAgreement } from './agreement';

/** The agreement of the owners of this repository's subgraphs. */
export const OWN_AGREEMENT_FILE = join(packageRoot, 'subgraphs', 'agreement.json');

/** @throws OperatorError if the file is missing or invalid */
export const ownAgreement = (): Agreement => readAgreement(OWN_AGREEMENT_FILE, new Date().toISOString().slice(0, 10));
