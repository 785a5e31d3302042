import { RequestError } from '#base/errors';

/** What a process lends to its subgraphs, such as a compiler of schemas: one object of each class. */
export class Services {
  constructor(private readonly objects: readonly object[] = []) {}

  /** @throws RequestError in a process without one */
  of<Service extends object>(type: abstract new (...parameters: never[]) => Service): Service {
    const found = this.objects.find((object) => object instanceof type);
    if (found) return found as Service;
    throw new RequestError('PRECONDITION_FAILED', `This process has no ${type.name}`, [], { guard: 'HAS_SERVICE' });
  }
}
