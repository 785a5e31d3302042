import { buildASTSchema, type DocumentNode, introspectionFromSchema, parse, visit } from 'graphql';
import { readText } from '#base/read-text';
import { OWN_SUPERGRAPH_FILE } from '../../supergraph/own';
import { planned } from './planned';

const supergraph = parse(readText(OWN_SUPERGRAPH_FILE, 'The supergraph'));

/** Names of the directives that a schema applies. */
function applied(document: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>();
  visit(document, { Directive: ({ name }) => void names.add(name.value) });
  return names;
}

test('keeps all types, fields, and arguments, and the directives that plans depend on', () => {
  const kept = planned(supergraph);
  const shape = (document: DocumentNode) =>
    introspectionFromSchema(buildASTSchema(document, { assumeValidSDL: true }), { descriptions: false });
  expect(shape(kept)).toEqual(shape(supergraph));
  const dropped = [...applied(supergraph)].filter((name) => !applied(kept).has(name));
  expect(dropped.sort()).toEqual(['cost', 'listSize', 'sensitivity']);
  expect(JSON.stringify(kept)).not.toContain('"description":{');
});
