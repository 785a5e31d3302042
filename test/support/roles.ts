/** Declares the roles of the four programs, for tests that load no subgraph. */
import { declareRoles } from '#base/identity/roles';
import { ROLES as INFRASTRUCTURE } from '../../subgraphs/infrastructure/roles';
import { ROLES as REVIEWS } from '../../subgraphs/reviews/roles';
import { ROLES as SUBMISSIONS } from '../../subgraphs/submissions/roles';
import { ROLES as WORKFORCE } from '../../subgraphs/workforce/roles';

for (const roles of [SUBMISSIONS, REVIEWS, WORKFORCE, INFRASTRUCTURE]) declareRoles(roles);
