import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { PartnerProposal } from './partner-proposal';

/** Facts that guards of proposal transitions may read. */
export interface ProposalFacts {
  readonly proposedBy: PartnerProposal['proposedBy'];
  readonly callerSide: PartnerProposal['proposedBy'];
}

const proposalGuard = guardOf<ProposalFacts>();

/**
 * Lifecycle of a proposed trusted partner. Only the developer's own record makes it AGREED. It may move the developer's launch plan,
 * as the developer may at any time; no transition of a submission reads it (I15).
 */
export const proposalLifecycle = new StateMachine<PartnerProposal['status'], ProposalFacts>(
  'partner proposal',
  ['PROPOSED', 'AGREED', 'NOT_PURSUED', 'WITHDRAWN'],
  [
    { trigger: 'proposePartner', from: null, to: 'PROPOSED', by: ['DEVELOPER', 'INTAKE'] },
    { trigger: 'agreeToPartner', from: ['PROPOSED', 'AGREED'], to: 'AGREED', by: ['DEVELOPER'] },
    { trigger: 'setPartnerAside', from: ['PROPOSED', 'AGREED'], to: 'NOT_PURSUED', by: ['DEVELOPER'] },
    {
      trigger: 'withdrawPartnerProposal',
      from: 'PROPOSED',
      to: 'WITHDRAWN',
      by: ['DEVELOPER', 'INTAKE'],
      guards: [
        proposalGuard(
          'ownProposal',
          ['proposedBy', 'callerSide'],
          ({ proposedBy, callerSide }) => proposedBy === callerSide,
          'Only the side that proposed the partner can withdraw the proposal; its developer can set it aside',
        ),
      ],
    },
    { trigger: 'submissionEnded', from: 'PROPOSED', to: 'NOT_PURSUED', by: ['SYSTEM'] },
  ],
);
