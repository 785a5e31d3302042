import graphqlEslint from '@graphql-eslint/eslint-plugin';

const { rules: recommended } = graphqlEslint.configs['flat/schema-recommended'];
const { rules: relay } = graphqlEslint.configs['flat/schema-relay'];

/** `naming-convention` of the recommended rules, without the rule that no object type ends in "Type". */
function namingConvention() {
  const [severity, options] = recommended['@graphql-eslint/naming-convention'];
  const { 'ObjectTypeDefinition,ObjectTypeExtension': _, ...kept } = options;
  return [severity, kept];
}

/** The recommended and the Relay rules of @graphql-eslint. Each deviation has its reason beside it. */
export default {
  files: ['**/*.graphql'],
  plugins: { '@graphql-eslint': graphqlEslint },
  languageOptions: { parser: graphqlEslint.parser },
  rules: {
    ...recommended,
    ...relay,

    // AppointmentType is the term of the personnel data standard, and is an entity of its own: "appointment types" are published as a list.
    '@graphql-eslint/naming-convention': namingConvention(),

    // Figures, parts of an object, connections, edges and payloads have no identity, and an invented id would promise that clients may
    // cache them by it. Entities have a key in every case: the subgraphs declare it with @key.
    '@graphql-eslint/strict-id-in-types': 'off',

    '@graphql-eslint/relay-edge-types': [
      'error',
      {
        withEdgeSuffix: true,
        // Lines of timelines and of the access log are listed, but are no entities that one can fetch by a global id.
        shouldImplementNode: false,
        // Connections also have "nodes", for clients that need no cursors, and lists that are bounded are plain: see docs/schema.md.
        listTypeCanWrapOnlyEdgeType: false,
      },
    ],
  },
};
