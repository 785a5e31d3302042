import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { DeploymentStage } from './defensive-tool';

/** Facts that guards of deployment transitions may read. */
export interface DeploymentFacts {
  readonly haveAto: boolean;
}

const authorized = guardOf<DeploymentFacts>()(
  'authorized',
  ['haveAto'],
  ({ haveAto }) => haveAto,
  'The deployment has no authorization to operate (ATO): send "haveAto: true" once it has one',
);

const CISO = ['CISO'] as const;

/** Lifecycle of a deployment of a defensive tool. */
export const deploymentLifecycle = new StateMachine<DeploymentStage, DeploymentFacts>(
  'tool deployment',
  ['PRE_DEPLOYMENT', 'PILOT', 'DEPLOYED', 'RETIRED'],
  [
    { trigger: 'planDeployment', from: null, to: 'PRE_DEPLOYMENT', by: CISO },
    { trigger: 'startPilot', from: 'PRE_DEPLOYMENT', to: 'PILOT', by: CISO, guards: [authorized] },
    { trigger: 'deployTool', from: ['PRE_DEPLOYMENT', 'PILOT'], to: 'DEPLOYED', by: CISO, guards: [authorized] },
    { trigger: 'retireDeployment', from: ['PRE_DEPLOYMENT', 'PILOT', 'DEPLOYED'], to: 'RETIRED', by: CISO },

    ...(['PRE_DEPLOYMENT', 'PILOT', 'DEPLOYED'] as const).map((stage) => ({
      trigger: 'setCoverage',
      from: stage,
      to: stage,
      by: CISO,
    })),
  ],
);
