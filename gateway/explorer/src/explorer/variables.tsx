import {
  type GraphQLInputType,
  type GraphQLSchema,
  Kind,
  parse,
  print,
  typeFromAST,
  type VariableDefinitionNode,
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
  const definitions = definitionsIn(text);
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
        <Form definitions={definitions} schema={schema} variables={variables} />
      )}
    </section>
  );
}

function definitionsIn(text: string): readonly VariableDefinitionNode[] {
  try {
    const operation = parse(text).definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
    return operation?.kind === Kind.OPERATION_DEFINITION ? (operation.variableDefinitions ?? []) : [];
  } catch {
    return [];
  }
}

function Form({
  definitions,
  schema,
  variables,
}: {
  definitions: readonly VariableDefinitionNode[];
  schema: GraphQLSchema | undefined;
  variables: string;
}) {
  const values = variablesIn(variables);
  if (!values) return <p class="muted small">The JSON text is not an object: correct it there.</p>;
  if (definitions.length === 0) return <p class="muted small">This operation takes no variables.</p>;
  const change = (name: string, value: unknown) => changeTab({ variables: withVariable(variables, name, value) });
  return (
    <div class="form">
      {definitions.map(({ variable, type, defaultValue }) => {
        const name = variable.name.value;
        const inputType = schema && (typeFromAST(schema, type as never) as GraphQLInputType | undefined);
        return (
          <Value
            key={name}
            name={name}
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
  /** The type as the operation has it. */
  readonly written: string;
  readonly type: GraphQLInputType | undefined;
  readonly value: unknown;
  readonly fallback: string | undefined;
  readonly onChange: (value: unknown) => void;
}

function Value({ name, written, type, value, fallback, onChange }: ValueProps) {
  const id = `variable-${name}`;
  return (
    <>
      <label for={id} title={written}>
        {name} <span class="muted small">{written}</span>
      </label>
      <InputControl {...{ id, type, value, fallback, onChange }} names={[name]} />
    </>
  );
}
