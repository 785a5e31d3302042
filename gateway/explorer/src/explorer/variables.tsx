import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  Kind,
  parse,
  print,
  typeFromAST,
  type ValueNode,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { useState } from 'preact/hooks';
import { variablesIn, withVariable } from './edit-arguments';
import { Editor } from './editor';
import { InputControl } from './input-control';
import { changeTab, currentTab } from './tabs';

interface VariablesProps {
  readonly schema: GraphQLSchema | undefined;
  readonly onRun: () => void;
}

/** The variables of the current operation: a form with a field for each, or JSON text. */
export function Variables({ schema, onRun }: VariablesProps) {
  const [view, setView] = useState<'form' | 'json'>('form');
  const { text, variables } = currentTab();
  const declared = variablesOf(text);
  return (
    <section class="variables" aria-labelledby="variables-title">
      <header>
        <h2 id="variables-title">Variables</h2>
        <span class="switch">
          {(['form', 'json'] as const).map((name) => (
            <button key={name} type="button" class="link" aria-pressed={view === name} onClick={() => setView(name)}>
              {name === 'form' ? 'Form' : 'JSON'}
            </button>
          ))}
        </span>
      </header>
      {view === 'json' ? (
        <Editor
          label="Variables as JSON"
          language="json"
          text={variables}
          onChange={(changed) => changeTab({ variables: changed })}
          onRun={onRun}
        />
      ) : (
        <Form declared={declared} schema={schema} variables={variables} />
      )}
    </section>
  );
}

/** A variable of an operation, and the names of the field and argument that use it first, such as `agency` and `key`. */
interface Variable {
  readonly definition: VariableDefinitionNode;
  readonly names: readonly string[];
}

function variablesOf(text: string): readonly Variable[] {
  try {
    const document = parse(text);
    const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
    const names = namesByVariable(document);
    return (operation?.variableDefinitions ?? []).map((definition) => {
      const { value } = definition.variable.name;
      return { definition, names: names.get(value) ?? [value] };
    });
  } catch {
    return [];
  }
}

function namesByVariable(document: DocumentNode): ReadonlyMap<string, readonly string[]> {
  const byVariable = new Map<string, readonly string[]>();
  visit(document, {
    Field: ({ name: field, arguments: args = [] }) => {
      const look = (value: ValueNode, names: readonly string[]): void => {
        if (value.kind === Kind.OBJECT) for (const one of value.fields) look(one.value, [...names, one.name.value]);
        if (value.kind === Kind.VARIABLE && !byVariable.has(value.name.value)) byVariable.set(value.name.value, names);
      };
      for (const { name, value } of args) look(value, [field.value, name.value]);
    },
  });
  return byVariable;
}

function Form({
  declared,
  schema,
  variables,
}: {
  declared: readonly Variable[];
  schema: GraphQLSchema | undefined;
  variables: string;
}) {
  const values = variablesIn(variables);
  if (!values) return <p class="muted small">The JSON text is not an object: correct it there.</p>;
  if (declared.length === 0) return <p class="muted small">This operation takes no variables.</p>;
  const change = (name: string, value: unknown) => changeTab({ variables: withVariable(variables, name, value) });
  return (
    <div class="form">
      {declared.map(({ definition: { variable, type, defaultValue }, names }) => {
        const name = variable.name.value;
        const inputType = schema && (typeFromAST(schema, type as never) as GraphQLInputType | undefined);
        return (
          <Value
            key={name}
            name={name}
            names={names}
            written={print(type)}
            type={inputType}
            value={values[name]}
            fallback={defaultValue && print(defaultValue)}
            onChange={(value) => change(name, value)}
          />
        );
      })}
    </div>
  );
}

interface ValueProps {
  readonly name: string;
  readonly names: readonly string[];
  /** The type as the operation has it. */
  readonly written: string;
  readonly type: GraphQLInputType | undefined;
  readonly value: unknown;
  readonly fallback: string | undefined;
  readonly onChange: (value: unknown) => void;
}

function Value({ name, names, written, type, value, fallback, onChange }: ValueProps) {
  const id = `variable-${name}`;
  return (
    <>
      <label for={id} title={written}>
        {name} <span class="muted small">{written}</span>
      </label>
      <InputControl {...{ id, type, value, fallback, names, onChange }} />
    </>
  );
}
