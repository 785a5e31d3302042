import { responseName } from '../../operation/normalize';
import type { PathStep } from '../../planning/plan';
import { fieldNames } from '../../planning/selected';
import type { CompiledFetch } from './fetch';
import type { SelectedNames } from './names';
import type { AnswerPath } from './path';

/** The subgraph that was to give the field at a path of the answer: that of the fetch that begins closest to it. */
export function ownerOf(fetches: readonly CompiledFetch[], path: AnswerPath): string | undefined {
  const names = path.filter((step) => typeof step === 'string');
  let best: { subgraph: string; length: number } | undefined;
  for (const fetch of fetches)
    for (const top of topsOf(fetch)) {
      // the objects that a fetch adds to are given by another
      if (names.length === top.at.length || !top.at.every((name, index) => names[index] === name)) continue;
      const gives = givesPath(top.names, names.slice(top.at.length));
      if (gives && (!best || top.at.length > best.length)) best = { subgraph: fetch.subgraph, length: top.at.length };
    }
  return best?.subgraph;
}

/** Where a fetch adds to the answer, and the names that it adds there. */
function topsOf(fetch: CompiledFetch): { names: SelectedNames | undefined; at: string[] }[] {
  if (!fetch.entities) return [{ names: fetch.selected(), at: clientNames(fetch.node.at ?? []) }];
  return fetch.entities.flatMap(({ alias, paths }) =>
    paths.map(({ path: { source } }) => ({ names: fetch.selected().get(alias), at: clientNames(source) })),
  );
}

/** A path of a plan by the names that clients know. */
const clientNames = (path: readonly PathStep[]): string[] => fieldNames(path).map(responseName);

/** Whether a path, by the client's names, leads to something selected. */
function givesPath(names: SelectedNames | undefined, path: readonly string[]): boolean {
  let at = names;
  for (const name of path) {
    const next = [...(at ?? [])].find(([key]) => responseName(key) === name);
    if (!next) return false;
    at = next[1];
  }
  return true;
}
