import { buildSchema, type GraphQLSchema, isObjectType } from 'graphql';
import { OperatorError } from '#base/errors';
import { nearest } from '#base/nearest';
import { type AgencyRecord, agencies } from '#domain/agency/agencies';
import { agencyByKey } from '#domain/agency/directory';

/** Names of a new subgraph. */
export interface SubgraphPlan {
  /** Name of the subgraph, of its folder, and of the constant that holds it. */
  readonly name: string;
  readonly agency: AgencyRecord;
  /** Name of its type, such as `OutreachActivity`. */
  readonly type: string;
  /** Name of the type in sentences, such as `outreach activity`. */
  readonly noun: string;
  readonly nouns: string;
  /** Root field of one object, such as `outreachActivity`. */
  readonly one: string;
  /** Root field of the list, and field of `Agency`, such as `outreachActivities`. */
  readonly many: string;
  /** File of the type without its ending, such as `outreach-activity`. */
  readonly file: string;
  readonly table: string;
  /** Default port of the subgraph. */
  readonly port: number;
}

interface Request {
  readonly name: string;
  readonly agency: string;
  readonly type?: string;
}

interface Surroundings {
  /** Subgraphs that exist. */
  readonly names: readonly string[];
  /** The schema that clients see. */
  readonly apiSchema: string;
  readonly port: number;
}

const NAME = /^[a-z][a-z0-9]{1,23}$/;
const TYPE = /^[A-Z][A-Za-z0-9]{1,39}$/;

/** Names that JavaScript or the processes of a deployment have. */
const RESERVED = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield agency cache everyone exercise gateway government migrate migration mysql open operator ordergraph redis test'.split(
    ' ',
  ),
);

/** Checks and completes the names of a new subgraph. @throws OperatorError that says what to change */
export function planOf({ name, agency, type }: Request, { names, apiSchema, port }: Surroundings): SubgraphPlan {
  requireName(name, names);
  const record = agencyByKey(agency);
  if (!record)
    throw new OperatorError(
      `Unknown agency "${agency}"${nearest(agency, searched(agency))}`,
      'Use the key of an agency of the reference table, shared/domain/agency/agencies.ts',
    );
  const chosen = type ?? `${name[0]!.toUpperCase()}${name.slice(1)}Activity`;
  if (!TYPE.test(chosen))
    throw new OperatorError(
      `"${chosen}" is not a valid type name`,
      'Use 2 to 40 letters and digits in singular, beginning with an upper-case letter, such as SafetyVisit',
    );
  const words = chosen.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  const noun = words.toLowerCase();
  const one = `${chosen[0]!.toLowerCase()}${chosen.slice(1)}`;
  const plan = {
    ...{ name, agency: record, type: chosen, noun, nouns: plural(noun), one, many: plural(one), port },
    ...{ file: noun.replaceAll(' ', '-'), table: noun.replaceAll(' ', '_') },
  };
  requireFree(plan, buildSchema(apiSchema, { assumeValid: true }));
  return plan;
}

function requireName(name: string, names: readonly string[]): void {
  if (!NAME.test(name))
    throw new OperatorError(
      `"${name}" is not a valid subgraph name`,
      'Use 2 to 24 lower-case letters and digits, beginning with a letter',
    );
  if (RESERVED.has(name)) throw new OperatorError(`The name "${name}" is reserved`, 'Choose another');
  if (names.includes(name))
    throw new OperatorError(`A subgraph "${name}" exists`, `Choose a name other than ${names.join(', ')}`);
}

/** Keys to search for a mistyped one, and the key of an agency whose name or abbreviation it is. */
const searched = (text: string): string[] => {
  const wanted = text.toLowerCase();
  const named = agencies.filter((record) =>
    [record.name, record.abbreviation, ...record.alsoKnownAs].some((name) => name?.toLowerCase() === wanted),
  );
  return (named.length > 0 ? named : agencies).map(({ key }) => key);
};

const plural = (word: string): string =>
  /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;

/** Endings of the types that the kit adds for a type with a list. */
const DERIVED = ['', 'Aggregates', 'Connection', 'Edge', 'Filter', 'Group', 'GroupPage', 'Order', 'ListFilter'];

/** @throws OperatorError that lists the names of the graph that it would take */
function requireFree({ type, one, many }: SubgraphPlan, schema: GraphQLSchema): void {
  const fieldsOf = (name: string): readonly string[] => {
    const object = schema.getType(name);
    return isObjectType(object) ? Object.keys(object.getFields()) : [];
  };
  const taken = [
    ...DERIVED.map((ending) => `${type}${ending}`).filter((name) => schema.getType(name)),
    ...[one, many].filter((field) => fieldsOf('Query').includes(field)).map((field) => `Query.${field}`),
    ...fieldsOf('Agency')
      .filter((field) => field === many)
      .map((field) => `Agency.${field}`),
  ];
  if (taken.length > 0)
    throw new OperatorError(
      `The graph already has ${taken.join(', ')}`,
      'Choose another type with --type, such as --type SafetyVisit',
    );
}
