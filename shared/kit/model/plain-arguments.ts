import type { GraphQLObjectType, GraphQLResolveInfo } from 'graphql';
import type { ModelClass } from './model';

// biome-ignore lint/suspicious/noExplicitAny: a field has any source, arguments, and context
type Method = (this: any, args: any, context: any, info: GraphQLResolveInfo) => unknown;

const methods = new WeakMap<object, Map<string, Method>>();

/**
 * Resolves a field by a method that gets its arguments as the executor coerced them. type-graphql copies them into objects of classes at every
 * call, and searches all classes for that of every field of every condition: a third of the CPU of a question with many lists.
 */
export function takesPlainArguments(prototype: object, field: string, method: Method): void {
  const own = methods.get(prototype) ?? new Map<string, Method>();
  methods.set(prototype, own.set(field, method));
}

/** Lets the fields of a type that its class resolves by such methods call them. */
export function passPlainArguments(type: GraphQLObjectType, { prototype }: ModelClass): void {
  for (const [name, method] of methods.get(prototype) ?? []) {
    const field = type.getFields()[name];
    if (field) field.resolve = (source, args, context, info) => method.call(source, args, context, info);
  }
}
