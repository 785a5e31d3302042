import { civilDate, startOfDay } from '#base/civil';
import { InputError, UnknownReferenceError } from '#base/errors';
import { type ChangeableType, ChangeSet, itsAgency, occurredAtInput, ofOwnAgency } from '#domain/change-set';
import { marks } from '#kit/database/marks';
import { bulk } from '#kit/mutation/bulk';
import {
  booleanInput,
  dateInput,
  expectedRevisionInput,
  idInput,
  listInput,
  longTextInput,
  optional,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { FederalSystem } from '../system/federal-system';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { AIUseCase } from '../use-case/ai-use-case';
import { refreshCoverage } from './coverage';
import { DefensiveTool, type DeploymentStage, DeploymentSystem, ToolDeployment } from './defensive-tool';
import { type DeploymentFacts, deploymentLifecycle } from './lifecycle';

/** Deployments as mutations change them: those of the caller's agency. */
const DEPLOYMENTS: ChangeableType<ToolDeployment, DeploymentStage, DeploymentFacts> = {
  type: ToolDeployment,
  machine: deploymentLifecycle,
  state: 'stage',
  timeline: InfrastructureEvent,
  subject: 'DEPLOYMENT',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
  since: ({ since }) => startOfDay(since),
};

const by = ['CISO'];
const returns = ['deployment', () => ToolDeployment] as const;
const target = {
  id: idInput('Id of the deployment.'),
  expectedRevision: expectedRevisionInput(),
  occurredAt: occurredAtInput(),
};
const haveAto = optional(booleanInput('Whether the deployment has an authorization to operate (ATO).'));
const useCase = optional(idInput("Id of the agency's AI use case that the deployment belongs to."));

/** @throws UnknownReferenceError unless the agency has published the use case */
async function requireUseCase({ database, principal }: Work, id: string | null): Promise<void> {
  if (id === null) return;
  const [found] = await database.findBy(AIUseCase, 'id', [id]);
  if (found?.agencyKey !== principal.agency) throw new UnknownReferenceError('AI use case', id, ['input', 'useCase']);
}

const planDeployment = mutation({
  name: 'planDeployment',
  description: "Plans the deployment of a defensive tool at the caller's agency.",
  by,
  input: { tool: idInput('Id of the tool.'), haveAto, useCase },
  returns,
  async run(work, input) {
    const { database, principal, now } = work;
    const [tool] = await database.findBy(DefensiveTool, 'id', [input.tool]);
    if (!tool) throw new UnknownReferenceError('defensive tool', input.tool, ['input', 'tool']);
    await requireUseCase(work, input.useCase);
    const deployments = await ChangeSet.open(DEPLOYMENTS, work, []);
    const facts = { haveAto: input.haveAto ?? false, useCaseId: input.useCase, systemsCovered: 0 };
    const { key } = deployments.add(
      {
        ...{ id: work.newId('tdp'), agencyKey: principal.agency!, toolId: tool.id, ...facts },
        ...{ since: civilDate(now), revision: 1, exercise: false },
      },
      { trigger: 'planDeployment', kind: 'DEPLOYMENT_PLANNED' },
    );
    await deployments.save();
    return key;
  },
});

/** A mutation that moves a deployment to a stage. */
function moving(trigger: string, kind: string, description: string, reasonOf: 'optional' | 'none') {
  return mutation({
    name: trigger,
    description,
    by,
    input: {
      ...target,
      ...(reasonOf === 'none' ? { haveAto, useCase } : { reason: optional(longTextInput('Reason.')) }),
    },
    returns,
    async run(work, input) {
      const { haveAto: stated = null, useCase: useCaseId = null, reason = null, ...at } = input as Stated;
      await requireUseCase(work, useCaseId);
      const deployments = await ChangeSet.open(DEPLOYMENTS, work, [at.id]);
      const since = civilDate(at.occurredAt ?? work.now);
      const { key } = deployments.move(at, (deployment) => ({
        trigger,
        kind,
        facts: { haveAto: stated ?? deployment.haveAto },
        detail: reason,
        change(next) {
          Object.assign(next, { since, haveAto: stated ?? next.haveAto, useCaseId: useCaseId ?? next.useCaseId });
        },
      }));
      await deployments.save();
      const systems = await work.database.findBy(DeploymentSystem, 'ownerKey', [key]);
      await refreshCoverage(work, new Map(systems.map(({ targetKey }) => [targetKey, since])));
      return key;
    },
  });
}

interface Stated {
  readonly id: string;
  readonly expectedRevision: number;
  readonly occurredAt: string | null;
  readonly haveAto?: boolean | null;
  readonly useCase?: string | null;
  readonly reason?: string | null;
}

const startPilot = moving('startPilot', 'PILOT_STARTED', 'Begins the pilot of a tool at the agency.', 'none');
const deployTool = moving('deployTool', 'TOOL_DEPLOYED', 'Puts a tool into operational use at the agency.', 'none');
const retireDeployment = moving(
  'retireDeployment',
  'DEPLOYMENT_RETIRED',
  'Ends a deployment. It no longer counts as coverage of its systems.',
  'optional',
);

const setCoverage = bulk({
  name: 'setCoverage',
  plural: 'setCoverages',
  description: 'Sets the systems of the agency that a deployment covers, in place of those before.',
  by,
  input: {
    id: target.id,
    expectedRevision: target.expectedRevision,
    systems: listInput(idInput('Id of a system.'), 'Ids of all systems that the deployment covers.', { max: 1_000 }),
    since: dateInput('First day of the coverage of systems that are new. Not in the future.'),
  },
  returns,
  async open(work, inputs) {
    const { database, principal, now } = work;
    const ids = inputs.map(({ id }) => id);
    const deployments = await ChangeSet.open(DEPLOYMENTS, work, ids);
    const keys = [...new Set(inputs.flatMap(({ systems }) => systems))];
    const own = (await database.findBy(FederalSystem, 'id', keys)).filter(
      ({ agencyKey }) => agencyKey === principal.agency,
    );
    const known = new Set(own.map(({ id }) => id));
    const before = await database.findBy(DeploymentSystem, 'ownerKey', ids);
    const links: { ownerKey: string; targetKey: string }[] = [];
    const affected = new Map<string, string>();
    const changed: string[] = [];
    return {
      apply(input) {
        const today = civilDate(now);
        if (input.since > today)
          throw new InputError(`"since" is in the future: it is ${today} today`, ['input', 'since']);
        const unknown = input.systems.findIndex((key) => !known.has(key));
        if (unknown >= 0)
          throw new UnknownReferenceError('system', input.systems[unknown]!, ['input', 'systems', unknown]);
        const done = deployments.move(input, () => ({
          trigger: 'setCoverage',
          kind: 'COVERAGE_SET',
          change(next) {
            next.systemsCovered = input.systems.length;
          },
        }));
        changed.push(input.id);
        links.push(...input.systems.map((targetKey) => ({ ownerKey: input.id, targetKey })));
        const former = before.filter(({ ownerKey }) => ownerKey === input.id).map(({ targetKey }) => targetKey);
        for (const key of [...former, ...input.systems]) affected.set(key, input.since);
        return done;
      },
      async save() {
        await deployments.save();
        const table = database.table(DeploymentSystem);
        await database.query(`DELETE FROM ${table} WHERE owner_key IN (${marks(changed)})`, changed);
        await database.insert(DeploymentSystem, links);
        await refreshCoverage(work, affected);
      },
    };
  },
});

export const deploymentMutations = [planDeployment, startPilot, deployTool, retireDeployment, ...setCoverage];
