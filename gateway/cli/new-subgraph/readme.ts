import type { SubgraphPlan } from './plan';
import type { Place } from './sources';

/** The README of a new subgraph. */
export function readmeOf(plan: SubgraphPlan, place: Place): string {
  const { name, agency, nouns, many, file } = plan;
  return `# ${name}

Owned by ${agency.name} (\`${agency.key}\`). Holds ${nouns} of agencies, and adds \`${many}\` to \`Agency\`.

| file | |
| --- | --- |
| \`${prefix(place)}${file}.ts\` | its type: table, GraphQL type, filter, and order |
| \`${prefix(place)}agency.ts\` | what it adds to agencies, which other subgraphs own |
| \`${prefix(place)}policy.ts\` | who may read what; anything else is denied |
${place === 'project' ? '| `policy.expected.ts` | the same in a second form, which tests compare with it |\n' : ''}| \`${prefix(place)}exercise.ts\` | invented data for development |
| \`${prefix(place)}migrations/\` | tables of each release; never edit a released one |
| \`docker-compose.yml\`, \`kubernetes.yaml\` | how it runs in production |

${place === 'project' ? inProject(plan) : inRepository(plan)}`;
}

const prefix = (place: Place) => (place === 'project' ? '' : 'src/');

const inProject = ({
  name,
}: SubgraphPlan) => `\`npm start\` serves it with the other subgraphs, \`npm test -- subgraphs/${name}\` runs its tests, and \`npm run generate\` writes its schema.
[CONTRIBUTING.md](../../CONTRIBUTING.md#add-a-field) shows how to add fields, types, and mutations.
`;

const inRepository = ({
  name,
  port,
}: SubgraphPlan) => `It depends on Ordergraph as a package. In a checkout of Ordergraph, \`npm pack --pack-destination ../${name}/vendor\` makes it.

\`\`\`sh
npm install
npm test
npm run exercise                                       # invented data
npm run schema                                         # writes schema.graphql, for composition
npm start -- --open-to 'role=analyst; subject=ann'     # http://127.0.0.1:${port}/graphql, on a development machine
\`\`\`

In production it verifies the identities that gateways sign, instead of \`--open-to\`: \`--identity-keys\` names the file of their public keys.
`;
