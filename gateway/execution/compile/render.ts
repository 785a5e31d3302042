import { type GraphQLOutputType, isLeafType, isListType, isNonNullType } from 'graphql';
import type { AnswerObject } from '../types';
import { type LeafText, leafText, stringText } from './leaf';
import type { OutputField, Shape, Shapes } from './shape';

/**
 * Writes the answer in one pass if all subgraph data are valid. Returns the text of each value, or undefined as soon
 * as one is missing, null for a non-null type, or of the wrong type. Then `complete.ts` finds the errors.
 */
export type Render = (value: unknown) => string | undefined;

export function compileRender(shapes: Shapes): Render {
  return renderObjects(shapes);
}

function renderObjects(shapes: Shapes): Render {
  return shapes.isShared ? renderOnce(renderTyped(shapes)) : renderTyped(shapes);
}

/** Writes an object that occurs in several places once, and caches its text on it. */
function renderOnce(render: Render): Render {
  const slot = Symbol('text');
  return (value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const object = value as Record<symbol, string | undefined>;
    const cached = object[slot];
    if (cached !== undefined) return cached;
    const text = render(value);
    object[slot] = text;
    return text;
  };
}

function renderTyped(shapes: Shapes): Render {
  const byType = new Map<unknown, Render>();
  let lastType: unknown = byType;
  let last: Render = nothing;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const typename = (value as AnswerObject).__typename;
    if (typename !== lastType) {
      let render = byType.get(typename);
      if (!render) {
        const shape = shapes.of(typename);
        render = shape && !shape.isAmbiguous ? renderShape(shape) : nothing;
        // names come from subgraphs: caches a few, but not a flood
        if (byType.size < 1_000) byType.set(typename, render);
      }
      lastType = typename;
      last = render;
    }
    return last(value);
  };
}

const nothing: Render = () => undefined;

function renderShape(shape: Shape): Render {
  const keys: string[] = [];
  const heads: string[] = [];
  const renders: Render[] = [];
  // constant text, such as the type's name, is merged with the next field
  let pending = '{';
  let isFirst = true;
  for (const field of shape.fields) {
    if (field.withheld || field.field === '__schema' || field.field === '__type') return nothing;
    pending += `${isFirst ? '' : ','}${stringText(field.name)}:`;
    isFirst = false;
    if (field.field === '__typename') {
      if (!shape.isObjectType) return nothing;
      pending += stringText(shape.typename);
      continue;
    }
    keys.push(field.key);
    heads.push(pending);
    renders.push(renderField(field));
    pending = '';
  }
  const tail = `${pending}}`;
  const count = keys.length;
  return (value) => {
    const object = value as AnswerObject;
    let text = '';
    for (let i = 0; i < count; i++) {
      const next = renders[i]!(object[keys[i]!]);
      if (next === undefined) return undefined;
      text += heads[i]! + next;
    }
    return text + tail;
  };
}

function renderField(field: OutputField): Render {
  return renderType(field.type!, field.objects);
}

function renderType(type: GraphQLOutputType, objects: Shapes | undefined): Render {
  if (isNonNullType(type)) {
    const present = renderPresent(type.ofType, objects);
    return (value) => (value === null || value === undefined ? undefined : present(value));
  }
  const present = renderPresent(type, objects);
  return (value) => (value === null ? 'null' : value === undefined ? undefined : present(value));
}

function renderPresent(type: GraphQLOutputType, objects: Shapes | undefined): Render {
  if (isListType(type)) {
    const item = renderType(type.ofType, objects);
    return (value) => {
      if (!Array.isArray(value)) return undefined;
      if (value.length === 0) return '[]';
      let text = '[';
      for (let i = 0; i < value.length; i++) {
        const next = item(value[i]);
        if (next === undefined) return undefined;
        text += i === 0 ? next : `,${next}`;
      }
      return `${text}]`;
    };
  }
  if (isLeafType(type)) return leafText(type) as LeafText;
  return renderObjects(objects!);
}
