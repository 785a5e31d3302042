import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type * as Apollo from '@apollo/query-planner';
import { packageRoot } from '../../shared/package-root';
import { isConditional } from './conditions';
import { noWay, PlanningError } from './errors';
import { NO_OVERRIDES, type Overrides } from './overrides';
import type {
  ContextVariable,
  FetchNode,
  PathStep,
  PlanNode,
  QueryPlan,
  RequiredSelection,
  Rewrite,
  RewriteStep,
} from './plan';
import type { Planner } from './planner';
import { Requirements } from './requirements';
import { selectionOf } from './selected';
import { serial } from './serial';

/** What the worker is told at first, what it is then asked, and what it says. */
export interface PlanningStart {
  readonly supergraphSdl: string;
  readonly overrides: Overrides;
}
export interface PlanningTask {
  readonly id: number;
  readonly operation: string;
}
export type PlanningReply =
  | { readonly id: number; readonly plan: Apollo.QueryPlan }
  | { readonly id: number; readonly error: string };

/** As compiled: threads are not started from sources. */
const WORKER = join(packageRoot, 'dist', 'gateway', 'planning', 'apollo-worker.js');

interface Waiting {
  readonly task: PlanningTask;
  readonly resolve: (plan: QueryPlan) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Plans with `@apollo/query-planner`, on a thread of its own: planning takes tens of milliseconds, and of some operations minutes.
 * One operation at a time; a planning that is given up ends the thread, and the next begins on a new one.
 */
export class ApolloPlanner implements Planner {
  readonly name = 'apollo';
  private worker: Worker | undefined;
  private current: Waiting | undefined;
  private readonly queue: Waiting[] = [];
  private nextId = 1;
  private isClosed = false;

  private readonly requirements: Requirements;

  constructor(
    private readonly supergraphSdl: string,
    private readonly overrides: Overrides = NO_OVERRIDES,
  ) {
    this.requirements = new Requirements(supergraphSdl);
  }

  plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { task: { id: this.nextId++, operation }, resolve, reject };
      this.queue.push(waiting);
      signal.addEventListener('abort', () => this.giveUp(waiting, signal.reason), { once: true });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.worker?.terminate();
  }

  private next(): void {
    if (this.current || this.isClosed) return;
    this.current = this.queue.shift();
    if (!this.current) return;
    this.worker ??= this.start();
    this.worker.ref();
    this.worker.postMessage(this.current.task);
  }

  private start(): Worker {
    const worker = new Worker(WORKER, {
      workerData: { supergraphSdl: this.supergraphSdl, overrides: this.overrides } satisfies PlanningStart,
    });
    worker.on('message', (reply: PlanningReply) => {
      if (this.current?.task.id !== reply.id) return;
      const { task, resolve, reject } = this.current;
      this.current = undefined;
      worker.unref();
      try {
        if ('error' in reply) throw noWay(new Error(reply.error));
        const plan = serial(planOf(reply.plan, task.operation), task.operation);
        this.requirements.check(plan);
        resolve(plan);
      } catch (error) {
        reject(error as Error);
      }
      this.next();
    });
    worker.on('error', (error) => {
      this.worker = undefined;
      const lost = this.current;
      this.current = undefined;
      lost?.reject(noWay(error as Error));
      this.next();
    });
    return worker;
  }

  private giveUp(waiting: Waiting, reason: Error): void {
    const queued = this.queue.indexOf(waiting);
    if (queued >= 0) this.queue.splice(queued, 1);
    if (this.current === waiting) {
      this.current = undefined;
      this.worker?.terminate();
      this.worker = undefined;
    }
    waiting.reject(reason);
    this.next();
  }
}

const notSupported = (what: string) =>
  new PlanningError('PLAN_NOT_SUPPORTED', `The plan of this operation has ${what}, which is not supported`, {
    status: 501,
  });

function planOf(plan: Apollo.QueryPlan, operation: string): QueryPlan {
  const { node } = plan;
  if (!node) {
    // conditions that exclude each other leave nothing to ask for
    if (selectionOf(operation).selections.every(isConditional)) return { root: { kind: 'Sequence', nodes: [] } };
    throw noWay(new Error('the planner gave an empty plan for an operation that asks for something'));
  }
  if (node.kind === 'Subscription') throw notSupported('a subscription');
  return { root: planNode(node, []) };
}

function planNode(node: Apollo.PlanNode, path: readonly PathStep[]): PlanNode {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return { kind: node.kind, nodes: node.nodes.map((child) => planNode(child, path)) };
    case 'Condition':
      return {
        kind: 'Condition',
        variable: node.condition,
        whenTrue: node.ifClause && planNode(node.ifClause, path),
        whenFalse: node.elseClause && planNode(node.elseClause, path),
      };
    case 'Flatten':
      return planNode(node.node, [...path, ...node.path.flatMap(pathSteps)]);
    case 'Fetch':
      return fetchNode(node, path);
    default:
      throw notSupported(`a ${node.kind} step`);
  }
}

function fetchNode(node: Apollo.FetchNode, path: readonly PathStep[]): FetchNode {
  if (node.operationKind === 'subscription') throw notSupported('a subscription');
  const outputRewrites = (node.outputRewrites ?? []).map(rewrite);
  return {
    kind: 'Fetch',
    subgraph: node.serviceName,
    operation: node.operation,
    operationKind: node.operationKind,
    variables: node.variableUsages ?? [],
    at: node.requires || path.length === 0 ? undefined : path,
    context: node.contextRewrites?.map(contextVariable),
    outputRewrites: node.requires ? [] : outputRewrites,
    entities: node.requires && [
      {
        alias: '_entities',
        variable: 'representations',
        paths: [path],
        requires: node.requires.map(requiredSelection),
        inputRewrites: (node.inputRewrites ?? []).map(rewrite),
        outputRewrites,
      },
    ],
  };
}

/** `@` stands for the items of a list, `field|[A,B]` for a field’s objects of some types. */
function pathSteps(element: string | number): PathStep[] {
  const text = String(element);
  const [name = '', condition] = text.split('|');
  const steps: PathStep[] = [];
  if (name === '@') steps.push({ kind: 'List' });
  else if (name !== '') steps.push({ kind: 'Field', name });
  if (condition !== undefined) steps.push({ kind: 'Types', names: condition.replace(/^\[|\]$/g, '').split(',') });
  return steps;
}

function requiredSelection(selection: Apollo.QueryPlanSelectionNode): RequiredSelection {
  if (selection.kind === 'Field')
    return {
      kind: 'Field',
      from: selection.alias ?? selection.name,
      name: selection.alias ?? selection.name,
      selections: selection.selections?.length ? selection.selections.map(requiredSelection) : undefined,
    };
  if (!selection.typeCondition) throw notSupported('a requirement without a type');
  return { kind: 'Fragment', type: selection.typeCondition, selections: selection.selections.map(requiredSelection) };
}

/** Steps begin with `..` for each object above. */
function contextVariable(given: Apollo.FetchDataRewrite): ContextVariable {
  if (given.kind !== 'KeyRenamer') throw notSupported('a constant in the context');
  const up = given.path.filter((step) => step === '..').length;
  return { variable: given.renameKeyTo, up, path: given.path.slice(up).map(rewriteStep) };
}

function rewriteStep(step: string): RewriteStep {
  const type = /^\.\.\. on (\w+)$/.exec(step)?.[1];
  return type ? { kind: 'Types', names: [type] } : { kind: 'Field', name: step };
}

/** Steps are field names, and `... on A` for objects of a type. */
function rewrite(given: Apollo.FetchDataRewrite): Rewrite {
  const path = given.path.map(rewriteStep);
  return given.kind === 'ValueSetter'
    ? { kind: 'Set', path, value: given.setValueTo }
    : { kind: 'Rename', path, to: given.renameKeyTo };
}
