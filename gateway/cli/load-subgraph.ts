import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { OperatorError } from '#base/errors';
import { nearest } from '#base/nearest';
import type { Subgraph } from '#kit/subgraph/subgraph';
import { codeOf, PROGRAMS } from './programs';

/** Whether a text is the path of a module, such as `./dist/subgraph.js` of another repository, and not a name. */
const isPath = (text: string): boolean => /[/\\]|\.js$/.test(text);

/**
 * Subgraphs whose settings a command may have: those of this repository, and where an argument is the path of a module, all that
 * variables of the environment name, since the name of the subgraph is not known before its code is loaded.
 */
export function namedSubgraphs(args: readonly string[], environment: NodeJS.ProcessEnv): readonly string[] {
  if (!args.some(isPath)) return PROGRAMS;
  const named = Object.keys(environment).map((name) => OF_SUBGRAPH.exec(name)?.[1]?.toLowerCase());
  return [...PROGRAMS, ...named.filter((name) => name !== undefined)];
}

const OF_SUBGRAPH = /^ORDERGRAPH_([A-Z][A-Z0-9]*)_(?:DATABASE_URL|AUDIT_KEY|EVENT_KEY)$/;

/** Loads the code of one subgraph only, so that an error in the code of another cannot stop it. @throws OperatorError */
export async function loadSubgraph(nameOrPath: string): Promise<Subgraph> {
  return requireSubgraph(nameOrPath);
}

/**
 * @param nameOrPath a subgraph of this repository, or the path of a compiled module that exports one
 * @throws OperatorError that lists the subgraphs
 */
export function requireSubgraph(nameOrPath: string): Subgraph {
  if (isPath(nameOrPath)) return subgraphIn(moduleAt(nameOrPath), nameOrPath);
  if (!PROGRAMS.includes(nameOrPath))
    throw new OperatorError(
      `Unknown subgraph "${nameOrPath}"${nearest(nameOrPath, PROGRAMS)}`,
      `Choose one of ${PROGRAMS.join(', ')}`,
    );
  const subgraph = subgraphIn(codeOf(nameOrPath), nameOrPath);
  if (subgraph.name !== nameOrPath)
    throw new Error(`subgraphs/${nameOrPath}/subgraph.ts declares the subgraph "${subgraph.name}": give it its folder`);
  return subgraph;
}

function moduleAt(path: string): string {
  const file = resolve(path);
  if (existsSync(file)) return file;
  throw new OperatorError(`"${path}" does not exist`, 'Compile it first, or pass the name of a subgraph');
}

/** @throws Error unless the module exports one subgraph */
function subgraphIn(file: string, shown: string): Subgraph {
  const exported = Object.values(require(file) as object);
  // not before: commands that load no subgraph would take a third longer
  const kit: typeof import('#kit/subgraph/subgraph') = require('#kit/subgraph/subgraph');
  const subgraphs = exported.filter((value) => value instanceof kit.Subgraph);
  if (subgraphs.length !== 1)
    throw new OperatorError(
      `${shown} exports ${subgraphs.length} subgraphs`,
      'Export one `new Subgraph({ … })` from its module',
    );
  return subgraphs[0]!;
}
