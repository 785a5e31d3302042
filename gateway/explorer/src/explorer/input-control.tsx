import { type GraphQLInputType, getNamedType, getNullableType, isEnumType, isListType } from 'graphql';
import { wordsOf } from './answer/format';
import { suggestionsFor } from './suggestions';

interface InputControlProps {
  readonly id: string;
  readonly type: GraphQLInputType | undefined;
  /** JSON value; undefined without one. */
  readonly value: unknown;
  /** What the graph takes without a value. */
  readonly fallback?: string;
  /** Names from the argument to the value, or of the variable: decides which values are suggested. */
  readonly names: readonly string[];
  readonly onChange: (value: unknown) => void;
}

/** Maximum choices of a list that are shown as boxes to check. */
const MAX_BOXES = 40;

/** A control for a value of an input type. */
export function InputControl({ id, type, value, fallback, names, onChange }: InputControlProps) {
  const named = type && getNamedType(type);
  const isList = type !== undefined && isListType(getNullableType(type));
  const choices = isEnumType(named) ? named.getValues().map(({ name }) => name) : undefined;
  if (isList && choices && choices.length <= MAX_BOXES)
    return <Boxes {...{ id, choices, value: Array.isArray(value) ? value.map(String) : [], onChange }} />;
  if (!isList && (choices || named?.name === 'Boolean'))
    return (
      <select
        id={id}
        value={value === undefined || value === null ? '' : String(value)}
        onChange={({ currentTarget: { value: text } }) =>
          onChange(text === '' ? undefined : choices ? text : text === 'true')
        }
      >
        <option value="">{fallback ?? '—'}</option>
        {(choices ?? ['true', 'false']).map((choice) => (
          <option key={choice} value={choice}>
            {choices ? choice : choice === 'true' ? 'true (yes)' : 'false (no)'}
          </option>
        ))}
      </select>
    );
  const suggestions = suggestionsFor(names);
  const inputType = isList ? 'text' : typeOf(named?.name, value);
  return (
    <>
      <input
        id={id}
        type={inputType}
        list={suggestions.length > 0 ? `${id}-list` : undefined}
        step={named?.name === 'Float' ? 'any' : undefined}
        placeholder={fallback ?? (isList ? 'one, other' : '')}
        value={textOf(value, inputType, isList)}
        onChange={({ currentTarget }) => onChange(valueIn(currentTarget.value, inputType, named?.name, isList))}
      />
      {suggestions.length > 0 && (
        <datalist id={`${id}-list`}>
          {suggestions.map(({ value: suggested, label }) => (
            <option key={suggested} value={suggested}>
              {label}
            </option>
          ))}
        </datalist>
      )}
    </>
  );
}

interface BoxesProps {
  readonly id: string;
  readonly choices: readonly string[];
  readonly value: readonly string[];
  readonly onChange: (value: unknown) => void;
}

/** Choices of which several may be checked. */
function Boxes({ id, choices, value, onChange }: BoxesProps) {
  const toggle = (choice: string) => {
    const next = choices.filter((one) => (one === choice) !== value.includes(one));
    onChange(next.length > 0 ? next : undefined);
  };
  return (
    <div class="boxes" id={id}>
      {choices.map((choice) => (
        <label key={choice} title={choice}>
          <input type="checkbox" checked={value.includes(choice)} onChange={() => toggle(choice)} />
          {wordsOf(choice)}
        </label>
      ))}
    </div>
  );
}

type TypeOfInput = 'text' | 'number' | 'date' | 'datetime-local';

/** Values that a calendar or number field cannot show stay visible as text. */
function typeOf(name: string | undefined, value: unknown): TypeOfInput {
  if (name === 'Int' || name === 'Float') return value === undefined || typeof value === 'number' ? 'number' : 'text';
  if (name === 'Date') return value === undefined || /^\d{4}-\d\d-\d\d$/.test(String(value)) ? 'date' : 'text';
  if (name !== 'DateTime') return 'text';
  return value === undefined || !Number.isNaN(Date.parse(String(value))) ? 'datetime-local' : 'text';
}

function textOf(value: unknown, type: TypeOfInput, isList: boolean): string {
  if (value === undefined || value === null) return '';
  if (isList && Array.isArray(value) && value.every((one) => typeof one !== 'object' && !String(one).includes(',')))
    return value.join(', ');
  if (type === 'datetime-local') return localTime(String(value));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** An instant as the reader's clock shows it, which is what `datetime-local` takes. */
function localTime(instant: string): string {
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** What a reader typed or chose, as a value of the type; text that is not one stays as it is, for the graph to say so. */
function valueIn(text: string, type: TypeOfInput, name: string | undefined, isList: boolean): unknown {
  if (text.trim() === '') return undefined;
  if (isList && !text.trim().startsWith('[')) return text.split(',').map((part) => scalarIn(part.trim(), name));
  if (type === 'datetime-local') return new Date(text).toISOString();
  return isList ? parsed(text) : scalarIn(text, name);
}

const TEXTS: ReadonlySet<string | undefined> = new Set(['String', 'ID', 'Date', 'DateTime']);

const scalarIn = (text: string, name: string | undefined): unknown => (TEXTS.has(name) ? text : parsed(text));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
