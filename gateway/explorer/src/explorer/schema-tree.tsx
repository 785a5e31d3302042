import {
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { AnnotatedSchema } from '../graph/schema';
import { type FieldPath, type Selected, selectedIn, toggled } from './edit-query';
import { Arguments } from './schema-arguments';
import { changeTab, currentTab } from './tabs';

interface TreeProps {
  readonly annotated: AnnotatedSchema | undefined;
  readonly error: string | undefined;
}

type Field = GraphQLField<unknown, unknown>;

const fieldsOf = (type: GraphQLNamedType | undefined | null): readonly Field[] =>
  isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];

/** The schema as a tree from the root, with owner and sensitivity of each field. A checked field is in the operation. */
export function SchemaTree({ annotated, error }: TreeProps) {
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState<string>();
  const { id, text } = currentTab();
  const { selected, isValid } = useSelected(id, text);
  const toggle = (path: FieldPath) => {
    const changed = annotated && toggled(text, path, annotated.schema);
    if (changed !== undefined) changeTab({ text: changed });
  };
  return (
    <section class="schema" aria-labelledby="schema-title">
      <header>
        <h2 id="schema-title">Schema</h2>
        <span class="muted small">owner, sensitivity</span>
      </header>
      <input
        id="find-field"
        type="search"
        placeholder="Find a type or field ( / )"
        aria-label="Find a type or field"
        value={search}
        onInput={({ currentTarget }) => setSearch(currentTarget.value)}
      />
      {error && (
        <p class="warn small" role="alert">
          {error}
        </p>
      )}
      {!annotated && !error && (
        <p class="muted small" aria-busy="true">
          Loading the schema …
        </p>
      )}
      {!isValid && (
        <p class="warn small" role="status">
          The operation has a mistake: the tree shows its last valid state. Correct it to check fields.
        </p>
      )}
      {annotated && search.trim() !== '' && (
        <ul class="tree found">
          <Addable {...{ annotated, selected, isEditable: isValid, toggle, onShow: setShown }} search={search.trim()} />
          <Found annotated={annotated} search={search.trim()} onShow={setShown} />
        </ul>
      )}
      {/* stays while a search hides it: what is open in it stays open */}
      {annotated && (
        <ul class="tree" hidden={search.trim() !== ''}>
          {fieldsOf(annotated.schema.getQueryType()).map((field) => (
            <Branch
              key={field.name}
              type="Query"
              field={field}
              path={[field.name]}
              {...{ annotated, selected, isEditable: isValid, toggle, onShow: setShown }}
            />
          ))}
        </ul>
      )}
      {annotated && shown && <Documentation annotated={annotated} coordinate={shown} onShow={setShown} />}
    </section>
  );
}

const NOTHING: Selected = { at: () => undefined };

/** The fields of a text, or of its last valid version while it has a mistake. @param tab of the text */
function useSelected(tab: number, text: string): { selected: Selected; isValid: boolean } {
  const last = useRef(new Map<number, Selected>());
  const current = useMemo(() => selectedIn(text), [text]);
  if (current) last.current.set(tab, current);
  return { selected: last.current.get(tab) ?? NOTHING, isValid: current !== undefined };
}

interface BranchProps {
  readonly annotated: AnnotatedSchema;
  readonly type: string;
  readonly field: Field;
  readonly path: FieldPath;
  /** Whether it stands alone, with the names that lead to it. */
  readonly isFound?: boolean;
  readonly selected: Selected;
  /** Whether the operation can be changed now. */
  readonly isEditable: boolean;
  readonly toggle: (path: FieldPath) => void;
  readonly onShow: (coordinate: string) => void;
}

function Branch(props: BranchProps) {
  const { annotated, type, field, path, isFound = false, selected, isEditable, toggle, onShow } = props;
  const node = selected.at(path);
  const isChecked = node !== undefined;
  const [isOpen, setOpen] = useState(isChecked && !isFound);
  const named = getNamedType(field.type);
  const isParent = isCompositeType(named);
  const coordinate = `${type}.${field.name}`;
  const open = isOpen || (isParent && isChecked && !isFound);
  return (
    <li>
      <div class="branch">
        {isParent ? (
          <button
            type="button"
            class="twist"
            aria-expanded={open}
            aria-label={`Fields of ${field.name}`}
            onClick={() => setOpen(!open)}
          >
            {open ? '▾' : '▸'}
          </button>
        ) : (
          <span class="twist" />
        )}
        <input
          type="checkbox"
          checked={isChecked}
          disabled={!isEditable}
          aria-label={path.join('.')}
          onChange={() => toggle(path)}
        />
        <button type="button" class="field" onClick={() => onShow(coordinate)}>
          {isFound ? path.join('.') : field.name}
        </button>
        <Tags {...{ annotated, coordinate, within: type }} />
      </div>
      {node && <Arguments field={path} args={field.args} schema={annotated.schema} {...{ node, isEditable }} />}
      {isParent && open && (
        <ul>
          {fieldsOf(named).map((below) => (
            <Branch
              {...props}
              key={below.name}
              isFound={false}
              type={named.name}
              field={below}
              path={[...path, below.name]}
            />
          ))}
        </ul>
      )}
    </li>
  );
}

/** Classes whose readers are few. */
const RESTRICTED: ReadonlySet<string> = new Set(['PROPIN', 'GOV_DELIB', 'PII', 'ISVI']);

function subgraphsOf(annotated: AnnotatedSchema, coordinate: string): string {
  const names = annotated.ownersOf(coordinate).map(({ subgraph }) => subgraph);
  return names.length > 2 ? `${names.length} subgraphs` : names.join(', ');
}

/** Class of a field, and its owner where it is not that of its type. */
function Tags({ annotated, coordinate, within }: { annotated: AnnotatedSchema; coordinate: string; within?: string }) {
  const sensitivity = annotated.classOf(coordinate);
  const names = subgraphsOf(annotated, coordinate);
  const isUsual = within !== undefined && names === subgraphsOf(annotated, within);
  return (
    <>
      {!isUsual && <span class="muted small">{names}</span>}
      {sensitivity && sensitivity !== 'PUBLIC' && (
        <span class={`tag${RESTRICTED.has(sensitivity) ? ' restricted' : ''}`}>{sensitivity}</span>
      )}
    </>
  );
}

/** Fields that a search shows at once. */
const MAX_FOUND = 60;

function Found({
  annotated,
  search,
  onShow,
}: {
  annotated: AnnotatedSchema;
  search: string;
  onShow: (of: string) => void;
}) {
  const found = useMemo(() => find(annotated, search), [annotated, search]);
  return (
    <>
      <li class="muted small" role="status">
        {found.length === 0
          ? `Nothing in the schema is named like "${search}"`
          : `${found.length > MAX_FOUND ? `The first ${MAX_FOUND} of ` : ''}${found.length} in the schema`}
      </li>
      {found.slice(0, MAX_FOUND).map((coordinate) => (
        <li key={coordinate} class="branch">
          <button type="button" class="field" onClick={() => onShow(coordinate)}>
            {coordinate}
          </button>
          <Tags annotated={annotated} coordinate={coordinate} />
        </li>
      ))}
    </>
  );
}

/** Levels of an operation that a search looks into. */
const MAX_LEVELS = 6;

/** Fields with a name like the search that can be added right away: those of the operation's objects, and of the root. */
function Addable({ search, ...tree }: Omit<BranchProps, 'type' | 'field' | 'path'> & { search: string }) {
  const { annotated, selected } = tree;
  const wanted = search.toLowerCase();
  const found: { type: string; field: Field; path: FieldPath }[] = [];
  const look = (type: GraphQLNamedType | undefined | null, above: FieldPath): void => {
    for (const field of fieldsOf(type)) {
      const path = [...above, field.name];
      const isLike = field.name.toLowerCase().includes(wanted);
      if (isLike && type && found.length < MAX_FOUND) found.push({ type: type.name, field, path });
      if (path.length < MAX_LEVELS && selected.at(path)) look(getNamedType(field.type), path);
    }
  };
  look(annotated.schema.getQueryType(), []);
  if (found.length === 0) return null;
  return (
    <>
      <li class="muted small">{found.length} to add here</li>
      {found.map((one) => (
        <Branch key={one.path.join('.')} {...tree} {...one} isFound />
      ))}
    </>
  );
}

/** Types whose fields every list repeats. */
const GENERATED = /(Connection|Edge|Aggregates|Group|GroupPage)$/;

/** Coordinates with a name or a description like the search: names that begin with it first. */
function find({ schema }: AnnotatedSchema, search: string): string[] {
  const wanted = search.toLowerCase();
  const found: [rank: number, coordinate: string][] = [];
  const note = (coordinate: string, name: string, description: string | null | undefined) => {
    const lower = name.toLowerCase();
    if (lower.startsWith(wanted)) found.push([0, coordinate]);
    else if (lower.includes(wanted) || coordinate.toLowerCase() === wanted) found.push([1, coordinate]);
    else if (description?.toLowerCase().includes(wanted)) found.push([2, coordinate]);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || GENERATED.test(type.name)) continue;
    if (isObjectType(type) || isInterfaceType(type)) {
      note(type.name, type.name, type.description);
      for (const field of fieldsOf(type)) note(`${type.name}.${field.name}`, field.name, field.description);
    }
  }
  return found.sort(([one], [other]) => one - other).map(([, coordinate]) => coordinate);
}

/** What the schema says about a type or field. */
function Documentation({
  annotated,
  coordinate,
  onShow,
}: {
  annotated: AnnotatedSchema;
  coordinate: string;
  onShow: (coordinate: string | undefined) => void;
}) {
  const [typeName, fieldName] = coordinate.split('.') as [string, string?];
  const type = annotated.schema.getType(typeName);
  const field = fieldsOf(type).find(({ name }) => name === fieldName);
  const owners = annotated.ownersOf(coordinate);
  const sensitivity = fieldName && annotated.classOf(coordinate);
  const returned = field && getNamedType(field.type);
  return (
    <aside class="documentation" aria-label={`Documentation of ${coordinate}`}>
      <header>
        <h3>{coordinate}</h3>
        <button type="button" class="link" onClick={() => onShow(undefined)}>
          Close
        </button>
      </header>
      <p>{(field ?? type)?.description ?? 'No description.'}</p>
      <dl>
        {field && (
          <>
            <dt>Type</dt>
            <dd>
              {returned && isCompositeType(returned) ? (
                <button type="button" class="link" onClick={() => onShow(returned.name)}>
                  {String(field.type)}
                </button>
              ) : (
                String(field.type)
              )}
            </dd>
          </>
        )}
        {sensitivity && (
          <>
            <dt>Class</dt>
            <dd>{sensitivity}</dd>
          </>
        )}
        {owners.length > 0 && (
          <>
            <dt>Owner</dt>
            <dd>
              {owners.map(({ agencies, subgraph }) => `${agencies.join(', ').toUpperCase()} (${subgraph})`).join('; ')}
            </dd>
          </>
        )}
        {field?.deprecationReason && (
          <>
            <dt>Deprecated</dt>
            <dd>{field.deprecationReason}</dd>
          </>
        )}
      </dl>
      {field && field.args.length > 0 && (
        <>
          <h3>Arguments</h3>
          <ul>
            {field.args.map((argument) => (
              <li key={argument.name}>
                <code>
                  {argument.name}: {String(argument.type)}
                </code>
                {isRequiredArgument(argument) && <span class="warn small"> required</span>}
                <p class="small">{argument.description}</p>
              </li>
            ))}
          </ul>
        </>
      )}
      {!field && (
        <ul>
          {fieldsOf(type).map((below) => (
            <li key={below.name}>
              <button type="button" class="field" onClick={() => onShow(`${typeName}.${below.name}`)}>
                {below.name}
              </button>{' '}
              <Tags annotated={annotated} coordinate={`${typeName}.${below.name}`} within={typeName} />
            </li>
          ))}
        </ul>
      )}
    </aside>
  );
}
