import { responseName } from '../../operation/normalize';
import type { PathStep } from '../../planning/plan';
import { fieldNames } from '../../planning/selected';
import type { CompiledFetch } from './fetch';
import type { SelectedNames } from './names';
import type { AnswerPath } from './path';

/** The subgraph responsible for the field at a path: that of the fetch that starts closest to it. */
export function ownerOf(fetches: readonly CompiledFetch[], path: AnswerPath): string | undefined {
  const names = path.filter((step) => typeof step === 'string');
  let best: { subgraph: string; length: number } | undefined;
  for (const fetch of fetches)
    for (const top of topsOf(fetch)) {
      // another fetch returns the objects that an entity fetch extends
      if (names.length === top.at.length || !top.at.every((name, index) => names[index] === name)) continue;
      const gives = givesPath(top.names, names.slice(top.at.length));
      if (gives && (!best || top.at.length > best.length)) best = { subgraph: fetch.subgraph, length: top.at.length };
    }
  return best?.subgraph;
}

/** The places where a fetch adds to the answer, with the names it adds there. */
function topsOf(fetch: CompiledFetch): { names: SelectedNames | undefined; at: string[] }[] {
  if (!fetch.entities) return [{ names: fetch.selected(), at: clientNames(fetch.node.at ?? []) }];
  return fetch.entities.flatMap(({ alias, paths }) =>
    paths.map(({ path: { source } }) => ({ names: fetch.selected().get(alias), at: clientNames(source) })),
  );
}

/** A path of a plan by client response names. */
const clientNames = (path: readonly PathStep[]): string[] => fieldNames(path).map(responseName);

/** Whether a path, by client response names, leads to a selected field. */
function givesPath(names: SelectedNames | undefined, path: readonly string[]): boolean {
  let at = names;
  for (const name of path) {
    const next = [...(at ?? [])].find(([key]) => responseName(key) === name);
    if (!next) return false;
    at = next[1];
  }
  return true;
}
