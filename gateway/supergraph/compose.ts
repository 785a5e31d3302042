import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { OperatorError } from '../../shared/errors';
import { unclassifiedFields } from '../policy/sensitivity';
import { gateVocabulary } from './voluntary';

/** A subgraph as composition sees it. */
export interface PublishedSubgraph {
  readonly name: string;
  readonly sdl: string;
  /** Where it answers; empty when it is reached in-process. */
  readonly url?: string;
}

/**
 * Composes subgraphs into a supergraph by the rules of Federation 2.
 * @returns the supergraph schema. @throws OperatorError with every composition error when they do not compose.
 */
export function compose(subgraphs: readonly PublishedSubgraph[]): string {
  const gates = gateVocabulary(subgraphs);
  if (gates.length > 0)
    throw new OperatorError(
      `Names that would make a gate of the voluntary framework:\n${gates.map((name) => `- ${name}`).join('\n')}`,
      'Agencies advise and developers decide: name it after what it is. The supergraph was left as it is',
    );
  const unclassified = unclassifiedFields(subgraphs);
  if (unclassified.length > 0)
    throw new OperatorError(
      `It is not said of every field, once, how sensitive it is:\n${unclassified.map((flaw) => `- ${flaw}`).join('\n')}`,
      'Who may read a field follows from its class: say it at the fields named above. The supergraph was left as it is',
    );
  const result = composeServices(
    subgraphs.map(({ name, sdl, url }) => ({ name, url: url ?? '', typeDefs: parse(sdl) })),
  );
  if (result.supergraphSdl !== undefined) return `${result.supergraphSdl}\n`;
  const errors = (result.errors ?? []).map(({ message }) => `- ${message}`);
  throw new OperatorError(
    `The subgraphs ${subgraphs.map(({ name }) => name).join(', ')} do not compose:\n${errors.join('\n')}`,
    'Mend the schemas named above; the supergraph was left as it is',
  );
}
