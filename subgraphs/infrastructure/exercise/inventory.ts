import { addDays, civilDate } from '#base/civil';
import { after, type ExerciseRows, type ExerciseWorld, randomOf, rows } from '#domain/exercise/story';
import { stableId } from '#kit/ids';
import { productKey } from '../matching/product-key';
import { matchNames, ProductMatchName, ProductMatchRule } from '../matching/product-match-rule';
import type { FederalSystem } from '../system/federal-system';
import type { InventoryItem } from '../system/inventory-item';

export const VENDORS = ['Granite', 'Basalt', 'Marble', 'Slate', 'Quartz', 'Feldspar'];
export const PRODUCTS = [
  'Mail Gateway',
  'Edge Router',
  'Identity Server',
  'File Transfer',
  'Hypervisor',
  'Web Console',
];

/** A product, as catalogs and inventories name it. */
interface Product {
  readonly vendorName: string;
  readonly product: string;
  readonly productKey: string;
}

/** Names of an invented product. */
export function exerciseProduct(vendor: string, name: string): Product {
  const [vendorName, product] = [`Exercise Vendor ${vendor}`, `${vendor} ${name}`];
  return { vendorName, product, productKey: productKey(vendorName, product) };
}

/** Inventory of a system, with one item for each of its products. */
export class ExerciseInventory {
  private readonly byProduct = new Map<string, Partial<InventoryItem>>();

  constructor(
    private readonly world: ExerciseWorld,
    private readonly system: Partial<FederalSystem>,
  ) {}

  get items(): Partial<InventoryItem>[] {
    return [...this.byProduct.values()];
  }

  /** The item of a product, which it adds if missing. */
  itemOf({ vendorName, product }: Pick<Product, 'vendorName' | 'product'>): Partial<InventoryItem> {
    const key = productKey(vendorName, product);
    const item = this.byProduct.get(key) ?? this.make(vendorName, product, key);
    this.byProduct.set(key, item);
    return item;
  }

  /** Adds an item of a product. @returns null if the system has one */
  spare(product: Product): Partial<InventoryItem> | null {
    return this.byProduct.has(product.productKey) ? null : this.itemOf(product);
  }

  private make(vendor: string, product: string, key: string): Partial<InventoryItem> {
    const { world, system } = this;
    const id = stableId('inv', system.id!, key);
    const random = randomOf(world, `item ${id}`);
    const today = civilDate(world.asOf);
    const isTagged = random.chance(0.8);
    const hasModule = random.chance(0.3);
    const isHistorical = random.chance(0.5);
    return {
      id,
      systemId: system.id,
      agencyKey: system.agencyKey,
      vendor,
      product,
      version: random.chance(0.1) ? null : `${random.integer(1, 9)}.${random.integer(0, 9)}`,
      productKey: key,
      count: random.integer(1, 40),
      organization: isTagged ? system.agencyKey!.toUpperCase() : null,
      suborganization: isTagged && random.chance(0.3) ? 'Field offices' : null,
      environment: isTagged ? random.weighted({ PRODUCTION: 5, DEVELOPMENT: 1 }) : null,
      exposure: isTagged ? random.weighted({ PUBLIC: 3, INTERNAL: 7 }) : 'UNKNOWN',
      assetType: isTagged ? random.pick(['server', 'network device', 'workstation']) : null,
      cryptoCertificate: hasModule ? String(random.integer(1_000, 4_999)) : null,
      cryptoStandard: hasModule ? (isHistorical ? 'FIPS_140_2' : 'FIPS_140_3') : null,
      cryptoStatus: hasModule ? (isHistorical ? 'HISTORICAL' : 'ACTIVE') : null,
      endOfSupportOn: random.chance(0.15) ? addDays(today, random.integer(-200, 700)) : null,
      lastEnumeratedOn: addDays(today, -random.integer(0, 14)),
      revision: 1,
      exercise: true,
    };
  }
}

/** One rule for each invented product, by its place: a third active, a third proposed, the others retired. */
function makeRules(world: ExerciseWorld): Partial<ProductMatchRule>[] {
  return VENDORS.flatMap((vendor, row) =>
    PRODUCTS.map((name, column): Partial<ProductMatchRule> => {
      const { vendorName, product, productKey: key } = exerciseProduct(vendor, name);
      const status = (['ACTIVE', 'PROPOSED', 'RETIRED'] as const)[(row + column) % 3]!;
      return {
        id: stableId('pmr', world.seed, key),
        vendor: vendorName,
        product,
        productKey: key,
        aliases: [`${vendorName}: ${name}`],
        versionFrom: null,
        versionBefore: null,
        status,
        activatedAt: status === 'PROPOSED' ? null : after(world.asOf, -120),
        revision: 1,
        exercise: true,
      };
    }),
  );
}

/** Rules for the invented products. */
export function exerciseMatchRules(world: ExerciseWorld): ExerciseRows[] {
  const rules = makeRules(world);
  return [
    rows(ProductMatchRule, rules),
    rows(
      ProductMatchName,
      rules.flatMap((rule) => matchNames(rule as ProductMatchRule)),
    ),
  ];
}

/** Active rules by the product key that they match. */
export const activeRulesIn = (world: ExerciseWorld): ReadonlyMap<string, Partial<ProductMatchRule>> =>
  new Map(makeRules(world).flatMap((rule) => (rule.status === 'ACTIVE' ? [[rule.productKey!, rule]] : [])));
