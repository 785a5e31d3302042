import { Directive } from 'type-graphql';
import type { Context } from '../subgraph/context';

const isContext = (value: unknown): value is Context =>
  typeof value === 'object' && value !== null && 'loaders' in value;

/**
 * Declares a field that is computed from many rows: what it costs, and that it is computed once per request, however often an operation
 * asks for it with the same arguments.
 * @param cost per object that the field returns, by what `test/performance/costs.test.ts` measures.
 */
export function figure(cost: number) {
  return (prototype: object, name: string, descriptor: PropertyDescriptor): void => {
    Directive(`@cost(weight: ${cost})`)(prototype, name, descriptor);
    const compute = descriptor.value as (...parameters: unknown[]) => Promise<unknown>;
    descriptor.value = function (this: unknown, ...parameters: unknown[]) {
      const { loaders } = parameters.find(isContext)!;
      const key = `${name} ${JSON.stringify(parameters.filter((one) => !isContext(one)))}`;
      return loaders.once(prototype, key, () => compute.apply(this, parameters));
    };
  };
}
