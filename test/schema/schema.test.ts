import { type DocumentNode, parse, visit } from 'graphql';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { compose } from '../../gateway/supergraph/compose';

const documents = new Map<string, DocumentNode>(subgraphs.map(({ name, sdl }) => [name, parse(sdl)]));

describe.each(subgraphs.map(({ name }) => name))('the schema of %s', (name) => {
  const document = documents.get(name)!;

  test('describes every type, field, argument and enum value', () => {
    const bare: string[] = [];
    const check = (node: { name: { value: string }; description?: { value: string } }) => {
      if (!node.description?.value.trim() && !/^(Query|Mutation)$/.test(node.name.value)) bare.push(node.name.value);
    };
    visit(document, {
      ObjectTypeDefinition: check,
      InputObjectTypeDefinition: check,
      EnumTypeDefinition: check,
      ScalarTypeDefinition: check,
      FieldDefinition: check,
      InputValueDefinition: (node) => (node.name.value === 'class' ? undefined : check(node)),
      EnumValueDefinition: check,
    });
    expect(bare).toEqual([]);
  });

  test('says of every field of an object how sensitive it is', () => {
    const unclassified: string[] = [];
    visit(document, {
      ObjectTypeDefinition(type) {
        const carrier = /(Connection|Edge|Payload)$|^(Query|Mutation|PageInfo)$/.test(type.name.value);
        for (const field of type.fields ?? [])
          if (!carrier && !field.directives?.some((directive) => directive.name.value === 'sensitivity'))
            unclassified.push(`${type.name.value}.${field.name.value}`);
      },
    });
    expect(unclassified).toEqual([]);
  });
});

/** Words that would make an agency's advice a gate. Whole words only, so "threshold" and "clearinghouse" pass. */
const GATE = new Set(
  'approve approved reject deny clear clearance preclear permit license licence certify block hold veto embargo gate'.split(
    ' ',
  ),
);
const words = (name: string) =>
  name.split(/_|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/).map((word) => word.toLowerCase());

test.each(['submissions', 'reviews'])('nothing in %s is named as a gate', (name) => {
  const named: string[] = [];
  const check = (node: { name: { value: string } }) => {
    if (words(node.name.value).some((word) => GATE.has(word))) named.push(node.name.value);
  };
  visit(documents.get(name)!, {
    ObjectTypeDefinition: check,
    InputObjectTypeDefinition: check,
    EnumTypeDefinition: check,
    FieldDefinition: check,
    InputValueDefinition: check,
    EnumValueDefinition: check,
  });
  expect(named).toEqual([]);
  expect(words('holdRelease')).toContain('hold');
});

test('subgraphs that contradict each other are refused, with every reason', () => {
  const a = { name: 'a', sdl: 'type Query { x: Int } type T @key(fields: "id") { id: ID! name: String }' };
  const b = { name: 'b', sdl: 'type Query { y: Int } type T @key(fields: "id") { id: Int! name: Int }' };
  expect(() => compose([a, b])).toThrow(/The subgraphs a, b do not compose[\s\S]*T\.name[\s\S]*left as it is/);
});
