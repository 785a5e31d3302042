import 'reflect-metadata';
import { belongsTo, computed, integer, key, method, revisionNumber, text } from './fields';
import { requireDistinctMembers } from './members';
import { model } from './model';

@model('A shop.', { key: 'code' })
class Shop {
  @key('Code.') code!: string;
}

/** Classes stay declared, so each case adds one to those before it. */
const clashes = (): string => {
  try {
    requireDistinctMembers();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

test('accepts a computed field that is published under the name of a hidden column', () => {
  @model('A status that is computed.', { key: 'code' })
  class Computed {
    @key('Code.') code!: string;
    @text('Status.', { hidden: true }) status!: string;
    @revisionNumber() revision!: number;
    @computed(() => String, 'Status now.', { as: 'status' })
    currentStatus(): string {
      return this.status;
    }
  }
  expect(Computed).toBeDefined();
  expect(clashes()).toBe('');
});

test('rejects a column and a reference that are published under one name', () => {
  @model('A sale.', { key: 'code' })
  class Sale {
    @key('Code.') code!: string;
    @belongsTo(() => Shop, 'Shop.', { as: 'version' }) shopId!: string;
    @integer('Number.') version!: number;
  }
  expect(Sale).toBeDefined();
  expect(clashes()).toContain('Sale.version');
});

test('rejects a hidden column whose property hides the method of a reference', () => {
  @model('A return.', { key: 'code' })
  class Return {
    @key('Code.') code!: string;
    @belongsTo(() => Shop, 'Shop.', { as: 'place' }) shopId!: string;
    @text('Place.', { hidden: true }) place!: string;
  }
  expect(Return).toBeDefined();
  expect(clashes()).toContain('Return.place');
});

test('rejects a method field that is added to a class under the name of another field', () => {
  @model('A gift.', { key: 'code' })
  class Gift {
    @key('Code.') code!: string;
    @text('Note.') note!: string;
  }
  method(
    Gift.prototype,
    'note',
    () => String,
    { description: 'Note.' },
    () => 'x',
  );
  expect(clashes()).toContain('Gift.note');
});

test('rejects a natural key that is published as the global id', () => {
  const declare = () => {
    @model('A stall.')
    class Stall {
      @key('Number.') id!: string;
    }
    return Stall;
  };
  expect(declare).toThrow('Stall publishes its key as "id", which must be globally unique');
});
