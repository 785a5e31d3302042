import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
  Kind,
  parse,
  print,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { useState } from 'preact/hooks';
import { Editor } from './editor';
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
  const values = valuesIn(variables);
  if (!values) return <p class="muted small">The JSON text is not an object: correct it there.</p>;
  if (definitions.length === 0) return <p class="muted small">This operation takes no variables.</p>;
  const change = (name: string, value: unknown) => {
    const { [name]: _former, ...rest } = values;
    changeTab({ variables: JSON.stringify(value === undefined ? rest : { ...rest, [name]: value }, null, 2) });
  };
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

function valuesIn(text: string): Record<string, unknown> | undefined {
  try {
    const values = text.trim() === '' ? {} : JSON.parse(text);
    return typeof values === 'object' && values !== null && !Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
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
  const named = type && getNamedType(type);
  const isList = type && isListType(isNonNullType(type) ? type.ofType : type);
  const choices =
    named?.name === 'Boolean'
      ? ['true', 'false']
      : isEnumType(named)
        ? named.getValues().map((one) => one.name)
        : undefined;
  const isPlain =
    !isList && (choices || ['Int', 'Float', 'String', 'ID', 'DateTime', 'Date'].includes(named?.name ?? ''));
  return (
    <>
      <label for={id} title={written}>
        {name} <span class="muted small">{written}</span>
      </label>
      {choices && !isList ? (
        <select
          id={id}
          value={value === undefined || value === null ? '' : String(value)}
          onChange={({ currentTarget }) => onChange(choiceOf(currentTarget.value, named?.name))}
        >
          <option value="">{fallback ?? '—'}</option>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          type="text"
          placeholder={fallback ?? (named?.name === 'DateTime' ? '2026-11-28T15:00:00Z' : '')}
          value={isPlain ? String(value ?? '') : value === undefined ? '' : JSON.stringify(value)}
          onChange={({ currentTarget }) => onChange(typed(currentTarget.value, isPlain ? named?.name : undefined))}
        />
      )}
    </>
  );
}

const choiceOf = (text: string, type: string | undefined): unknown =>
  text === '' ? undefined : type === 'Boolean' ? text === 'true' : text;

/** What a reader typed, as a value of the type; text that is not one stays as it is, for the graph to say so. */
function typed(text: string, type: string | undefined): unknown {
  if (text.trim() === '') return undefined;
  if (type === 'String' || type === 'ID' || type === 'DateTime' || type === 'Date') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
