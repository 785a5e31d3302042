import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isRequiredArgument,
} from 'graphql';
import { useId, useState } from 'preact/hooks';
import { type ArgumentValue, valuesOf, variablesIn, withoutValue, withValue } from './edit-arguments';
import { type FieldPath, withDimensions } from './edit-query';
import { InputControl } from './input-control';
import { kindOf, typeAt, type ValuePath } from './input-types';
import { changeTab, currentTab } from './tabs';

/** Arguments of pages before and after: the answer and exports follow them. */
const OF_PAGES: ReadonlySet<string> = new Set(['after', 'before', 'last']);

interface ArgumentsProps {
  readonly field: FieldPath;
  readonly node: FieldNode;
  readonly args: readonly GraphQLArgument[];
  readonly schema: GraphQLSchema;
  /** Whether the operation can be changed now. */
  readonly isEditable: boolean;
}

/** The arguments of a field that is in the operation: filters, sorting, page size. What a reader chooses becomes part of the operation. */
export function Arguments({ field, node, args, schema, isEditable }: ArgumentsProps) {
  const [isOpen, setOpen] = useState(false);
  const values = valuesOf(node, variablesIn(currentTab().variables) ?? {});
  const offered = args.filter(({ name }) => !OF_PAGES.has(name)).sort((one, other) => rankOf(one) - rankOf(other));
  const panel = useId();
  const summary = summaryOf(values) || titleOf(offered);
  if (offered.length === 0) return null;
  const change = (path: ValuePath, value: unknown, type: GraphQLInputType) => {
    const { text, variables } = currentTab();
    const asking = { text, variables };
    const changed =
      value === undefined ? withoutValue(asking, field, path) : withValue(asking, { field, path, type }, value);
    if (!changed) return;
    const isDimensions = path[0] === 'by' && Array.isArray(value);
    const before = rowsIn(values.find((one) => one.path.join() === path.join())?.value);
    changeTab(
      isDimensions
        ? { ...changed, text: withDimensions(changed.text, field, { now: value, before }, schema) }
        : changed,
    );
  };
  return (
    <div class="arguments">
      <button
        type="button"
        class="field open-arguments"
        aria-expanded={isOpen}
        aria-controls={panel}
        aria-label={`${summary} of ${field.join('.')}`}
        onClick={() => setOpen(!isOpen)}
      >
        <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {summary}
      </button>
      {isOpen && (
        <fieldset id={panel} disabled={!isEditable}>
          <legend class="visually-hidden">
            {titleOf(offered)} of {field.join('.')}
          </legend>
          {offered.map((argument) => (
            <Argument
              key={argument.name}
              argument={argument}
              values={values.filter(({ path }) => path[0] === argument.name)}
              args={args}
              of={field.at(-1)!}
              onChange={change}
            />
          ))}
        </fieldset>
      )}
    </div>
  );
}

/** Filters and sorting first, page sizes last. */
const rankOf = ({ name, type }: GraphQLArgument): number =>
  name === 'first' ? 3 : { object: 0, rows: 1, value: 2, text: 3 }[kindOf(type)];

const titleOf = (args: readonly GraphQLArgument[]): string =>
  args.some(({ name }) => name === 'filter') ? 'Filter, sort, page size' : 'Arguments';

/** `filter 2, orderBy 1, first 100`: the number of conditions, or the value. */
function summaryOf(values: readonly ArgumentValue[]): string {
  const byName = Map.groupBy(values, ({ path }) => path[0]!);
  return [...byName]
    .map(([name, [first, ...others]]) => {
      const { path, value } = first!;
      if (path.length > 1) return `${name} ${1 + others.length}`;
      return Array.isArray(value) ? `${name} ${value.length}` : `${name} ${value === undefined ? '—' : String(value)}`;
    })
    .join(', ');
}

type Change = (path: ValuePath, value: unknown, type: GraphQLInputType) => void;

interface ArgumentProps {
  readonly argument: GraphQLArgument;
  readonly values: readonly ArgumentValue[];
  readonly args: readonly GraphQLArgument[];
  /** Name of the field. */
  readonly of: string;
  readonly onChange: Change;
}

function Argument({ argument, values, args, of, onChange }: ArgumentProps) {
  const id = useId();
  const { name, type } = argument;
  const path = [name];
  const kind = kindOf(type);
  if (kind === 'object')
    return (
      <fieldset class="argument">
        <legend title={argument.description ?? undefined}>{name}</legend>
        {values.map((value) => (
          <Condition key={value.path.join('.')} {...{ value, args, onChange }} />
        ))}
        <NewCondition argument={argument} onAdd={onChange} />
      </fieldset>
    );
  if (kind === 'rows')
    return (
      <fieldset class="argument">
        <legend title={argument.description ?? undefined}>{name}</legend>
        <Rows type={type} rows={rowsIn(values[0]?.value)} onChange={(rows) => onChange(path, rows, type)} />
      </fieldset>
    );
  if (kind === 'text')
    return values.length > 0 ? <p class="small muted">{name}: in the text of the operation</p> : null;
  return (
    <div class="argument">
      <label for={id} title={argument.description ?? undefined}>
        {name}
        {isRequiredArgument(argument) && <span class="muted small"> required</span>}
      </label>
      <InputControl
        id={id}
        type={type}
        names={[of, name]}
        value={values[0]?.value}
        onChange={(value) => {
          if (value !== undefined || !isRequiredArgument(argument)) onChange(path, value, type);
        }}
      />
    </div>
  );
}

/** What the operators of filters mean. */
const OPERATORS: Readonly<Record<string, string>> = {
  eq: 'equals',
  in: 'is one of',
  notIn: 'is none of',
  lt: 'is below, before',
  lte: 'is at most, until',
  gt: 'is above, after',
  gte: 'is at least, from',
  contains: 'contains',
  startsWith: 'begins with',
  isNull: 'has no value',
  any: 'has one of',
  none: 'has none of',
  some: 'has one with',
  every: 'has only ones with',
  count: 'number of them',
  where: 'those of them with',
  matches: 'is one with',
  not: 'not:',
};

/** An operator in words; it stays findable by its name. */
const nameOf = (name: string): string => (OPERATORS[name] ? `${OPERATORS[name]} (${name})` : name);

interface ConditionProps {
  readonly value: ArgumentValue;
  readonly args: readonly GraphQLArgument[];
  readonly onChange: Change;
}

/** A condition that the operation has. */
function Condition({ value: { path, value }, args, onChange }: ConditionProps) {
  const id = useId();
  const type = typeAt(args, path);
  const words = path
    .slice(1)
    .map((name) => OPERATORS[name] ?? name)
    .join(' ');
  return (
    <div class="condition">
      <label for={id}>{words}</label>
      {type && kindOf(type) === 'value' ? (
        <InputControl {...{ id, type, value, names: path }} onChange={(next) => onChange(path, next, type)} />
      ) : (
        <span id={id} class="small muted">
          in the text of the operation
        </span>
      )}
      {type && (
        <button
          type="button"
          class="link"
          aria-label={`Remove: ${words}`}
          onClick={() => onChange(path, undefined, type)}
        >
          Remove
        </button>
      )}
    </div>
  );
}

/** Fields of a filter that a condition can begin or continue with. */
const stepsOf = (type: GraphQLInputType): readonly GraphQLInputField[] => {
  const nullable = getNullableType(type);
  if (!isInputObjectType(nullable)) return [];
  return Object.values(nullable.getFields()).filter(
    (field) => kindOf(field.type) !== 'rows' && kindOf(field.type) !== 'text',
  );
};

/** A condition that is not complete: a field, perhaps fields of what it leads to, an operator, and a value. */
function NewCondition({ argument, onAdd }: { argument: GraphQLArgument; onAdd: Change }) {
  const [steps, setSteps] = useState<ValuePath>([]);
  const [value, setValue] = useState<unknown>();
  const id = useId();
  const levels: { type: GraphQLInputType; chosen: string | undefined }[] = [];
  let type: GraphQLInputType = argument.type;
  for (let place = 0; kindOf(type) === 'object'; place += 1) {
    const chosen = steps[place];
    levels.push({ type, chosen });
    const next = chosen === undefined ? undefined : stepsOf(type).find(({ name }) => name === chosen);
    if (!next) break;
    type = next.type;
  }
  const isComplete = levels.length === steps.length;
  const choose = (place: number, name: string) => {
    const next = name === '' ? steps.slice(0, place) : [...steps.slice(0, place), name];
    const below = name === '' ? undefined : stepsOf(levels[place]!.type).find((field) => field.name === name)?.type;
    // most conditions begin with the first operator
    const operator = below && operatorOf(below);
    setSteps(operator === undefined ? next : [...next, operator]);
    // yes is what a condition on a flag nearly always asks for
    setValue(below && isFlag(below) ? true : undefined);
  };
  const add = () => {
    onAdd([argument.name, ...steps], value, type);
    setSteps([]);
    setValue(undefined);
  };
  return (
    <div class="condition new">
      {levels.map((level, place) => (
        <select
          key={place}
          aria-label={place === 0 ? `Field to filter by` : `Condition on ${steps.slice(0, place).join('.')}`}
          value={level.chosen ?? ''}
          onChange={({ currentTarget }) => choose(place, currentTarget.value)}
        >
          <option value="">{place === 0 ? 'Add a condition …' : 'Choose …'}</option>
          {stepsOf(level.type).map(({ name }) => (
            <option key={name} value={name}>
              {nameOf(name)}
            </option>
          ))}
        </select>
      ))}
      {isComplete && steps.length > 0 && (
        <>
          <label class="visually-hidden" for={id}>
            Value of {steps.join(' ')}
          </label>
          <InputControl
            key={steps.join('.')}
            {...{ id, type, value, names: [argument.name, ...steps] }}
            onChange={setValue}
          />
          <button type="button" disabled={value === undefined} onClick={add}>
            Add condition
          </button>
        </>
      )}
    </div>
  );
}

/** Whether a filter, or an operator, takes true or false. */
const isFlag = (type: GraphQLInputType): boolean => {
  const [first] = stepsOf(type);
  return getNamedType(first?.type ?? type).name === 'Boolean';
};

/** The first operator of a filter of single values; undefined for filters by fields. */
function operatorOf(type: GraphQLInputType): string | undefined {
  const [first] = stepsOf(type);
  return first && OPERATORS[first.name] && kindOf(first.type) === 'value' ? first.name : undefined;
}

type Row = Readonly<Record<string, unknown>>;

const rowsIn = (value: unknown): readonly Row[] => (Array.isArray(value) ? value : []);

interface RowsProps {
  readonly type: GraphQLInputType;
  readonly rows: readonly Row[];
  readonly onChange: (rows: readonly Row[] | undefined) => void;
}

/** Objects with a value for each choice, such as the terms of sorting. */
function Rows({ type, rows, onChange }: RowsProps) {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return null;
  const [first, ...rest] = Object.values(named.getFields());
  const replace = (place: number, row: Row | undefined) => {
    const next = rows.flatMap((one, index) => (index === place ? (row ? [row] : []) : [one]));
    onChange(next.length > 0 ? next : undefined);
  };
  return (
    <>
      {rows.map((row, place) => (
        <div class="condition" key={place}>
          {[first!, ...rest].map(({ name, type: of, defaultValue }) => (
            <RowValue
              key={name}
              {...{ name, type: of, value: row[name] }}
              isLabeled={name !== first!.name}
              fallback={defaultValue === undefined ? undefined : String(defaultValue)}
              onChange={(value) => {
                const { [name]: _former, ...others } = row;
                replace(place, value === undefined ? others : { ...row, [name]: value });
              }}
            />
          ))}
          <button
            type="button"
            class="link"
            aria-label={`Remove: ${Object.values(row).join(' ')}`}
            onClick={() => replace(place, undefined)}
          >
            Remove
          </button>
        </div>
      ))}
      <div class="condition new">
        <RowValue
          name={first!.name}
          type={first!.type}
          value={undefined}
          fallback="Add …"
          onChange={(value) => {
            if (value !== undefined) onChange([...rows, { [first!.name]: value }]);
          }}
        />
      </div>
    </>
  );
}

interface RowValueProps {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly value: unknown;
  readonly fallback: string | undefined;
  /** Whether its name is in sight. */
  readonly isLabeled?: boolean;
  readonly onChange: (value: unknown) => void;
}

function RowValue({ name, isLabeled = false, ...control }: RowValueProps) {
  const id = useId();
  return (
    <>
      <label class={isLabeled ? 'small muted' : 'visually-hidden'} for={id}>
        {name}
      </label>
      <InputControl id={id} names={[name]} {...control} />
    </>
  );
}
