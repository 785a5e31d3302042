/**
 * Supergraphs that together use every feature of Federation. Each is a set of subgraph schemas; `world.ts` supplies their data.
 */
export interface Exhibit {
  readonly name: string;
  readonly subgraphs: Readonly<Record<string, string>>;
  /**
   * Whether to skip the reference because its planner does not terminate for some operations; the specification decides.
   */
  readonly hasNoReference?: boolean;
}

const link = (...imports: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: [${imports.map((name) => `"${name}"`).join(', ')}])\n`;

export const zoo: readonly Exhibit[] = [
  {
    name: 'the public benchmark’s shape',
    subgraphs: {
      accounts: `${link('@key', '@shareable')}
        type Query { me: User user(id: ID!): User users: [User] }
        type User @key(fields: "id") { id: ID! name: String username: String @shareable birthday: String }`,
      inventory: `${link('@key', '@external', '@requires')}
        type Product @key(fields: "upc") { upc: String! weight: Int @external price: Int @external inStock: Boolean shippingEstimate: Int @requires(fields: "price weight") }`,
      products: `${link('@key')}
        type Query { topProducts(first: Int = 5): [Product] }
        type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }`,
      reviews: `${link('@key', '@external', '@provides')}
        type Review @key(fields: "id") { id: ID! body: String author: User @provides(fields: "username") product: Product }
        type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
        type Product @key(fields: "upc") { upc: String! reviews: [Review] }`,
    },
  },
  {
    name: 'compound, nested and multiple keys',
    subgraphs: {
      catalog: `${link('@key', '@shareable')}
        type Query { parts: [Part!]! part(sku: ID!): Part }
        type Part @key(fields: "sku") @key(fields: "maker { id } serial") { sku: ID! serial: String! maker: Maker! title: String }
        type Maker @key(fields: "id") { id: ID! label: String! @shareable }`,
      stock: `${link('@key', '@shareable')}
        type Query { shelves: [Shelf] }
        type Shelf @key(fields: "row column") { row: Int! column: String! parts: [Part] height: Float }
        type Part @key(fields: "maker { id } serial") { serial: String! maker: Maker! stock: Int! }
        type Maker @key(fields: "id") { id: ID! label: String! @shareable city: String }`,
      labels: `${link('@key')}
        type Shelf @key(fields: "row column") { row: Int! column: String! colour: String note(size: Int = 2, kind: Kind): String }
        enum Kind { LONG SHORT }
        type Part @key(fields: "sku") { sku: ID! barcode: String! }`,
    },
  },
  {
    name: 'requirements with arguments, and requirements of requirements',
    subgraphs: {
      base: `${link('@key')}
        type Query { boxes: [Box] box(id: ID!): Box }
        type Box @key(fields: "id") { id: ID! size(unit: Unit = CM): Float weight(unit: String): Int content: Content tags: [String!] }
        type Content { kind: String fragile: Boolean }
        enum Unit { CM INCH }`,
      freight: `${link('@key', '@external', '@requires')}
        enum Unit { CM INCH }
        type Content { kind: String @external fragile: Boolean @external }
        type Box @key(fields: "id") { id: ID! size(unit: Unit = CM): Float @external content: Content @external
          cost(currency: String = "USD"): String @requires(fields: "size(unit: INCH) content { kind }")
          volume: String @requires(fields: "size(unit: CM)")
          handling: String! @requires(fields: "content { fragile kind }") }`,
      customs: `${link('@key', '@external', '@requires')}
        type Box @key(fields: "id") { id: ID! cost(currency: String = "USD"): String @external tags: [String!] @external
          duty: String @requires(fields: "cost(currency: \\"EUR\\") tags") }`,
    },
  },
  {
    name: 'interfaces, unions over subgraphs, and provided fields',
    subgraphs: {
      media: `${link('@key', '@shareable', '@provides', '@external')}
        interface Media { id: ID! title: String }
        type Book implements Media @key(fields: "id") { id: ID! title: String @shareable pages: Int author: Person @provides(fields: "name") }
        type Film implements Media @key(fields: "id") { id: ID! title: String @shareable minutes: Int! director: Person cast: [Person!] }
        type Podcast implements Media { id: ID! @shareable title: String @shareable hosts: [Person!]! }
        union Found = Book | Film | Person
        type Person @key(fields: "id") { id: ID! name: String @external }
        type Query { media: [Media] mediaById(id: ID!): Media search(text: String): [Found] lists: [[Media]] }`,
      people: `${link('@key', '@shareable')}
        type Person @key(fields: "id") { id: ID! name: String @shareable born: Int works: [Work] }
        union Work = Book | Film
        type Book @key(fields: "id") { id: ID! fans: [Person] }
        type Film @key(fields: "id") { id: ID! fans(first: Int! = 3): [Person!] }
        type Query { people: [Person!] }`,
      ratings: `${link('@key')}
        interface Rated { stars: Int }
        type Book implements Rated @key(fields: "id") { id: ID! stars: Int quote(length: Int): String }
        type Film implements Rated @key(fields: "id") { id: ID! stars: Int rating: Rating! }
        enum Rating { G PG R }
        type Query { best: [Rated] }`,
    },
  },
  {
    name: 'entity interfaces and @interfaceObject',
    subgraphs: {
      animals: `${link('@key')}
        interface Animal @key(fields: "id") { id: ID! name: String! }
        type Cat implements Animal @key(fields: "id") { id: ID! name: String! lives: Int }
        type Dog implements Animal @key(fields: "id") { id: ID! name: String! tricks: [String] }
        type Query { animals: [Animal] animal(id: ID!): Animal cat: Cat }`,
      vets: `${link('@key', '@interfaceObject')}
        type Animal @key(fields: "id") @interfaceObject { id: ID! visits: [Visit] weight(unit: String = "kg"): Float }
        type Visit @key(fields: "number") { number: Int! animal: Animal reason: String }
        type Query { visits: [Visit] patients: [Animal] }`,
      clinic: `${link('@key')}
        type Visit @key(fields: "number") { number: Int! room: String }`,
    },
  },
  {
    name: 'shareable value types, overrides, and what clients may not see',
    subgraphs: {
      a: `${link('@key', '@shareable', '@inaccessible', '@override')}
        type Query { thing: Thing things: [Thing] @shareable secret: String @inaccessible shown: [Shown] both: [[Both]] }
        interface Shown { id: ID! label: String }
        type Open implements Shown @key(fields: "id") { id: ID! label: String }
        type Hidden implements Shown @inaccessible { id: ID! label: String }
        union Both = Open | Hidden
        type Thing @key(fields: "id") { id: ID! place: Place @shareable old: String moved: String level: Level @shareable hidden: String @inaccessible }
        type Place @shareable { lat: Float lon: Float name: String }
        enum Level { LOW HIGH SECRET @inaccessible }`,
      b: `${link('@key', '@shareable', '@override', '@inaccessible')}
        type Query { things: [Thing] @shareable byInput(where: Where): [Thing] byLevel(level: Level): String }
        type Thing @key(fields: "id") { id: ID! place: Place @shareable moved: String @override(from: "a") level: Level @shareable count: Int! }
        type Place @shareable { lat: Float lon: Float name: String }
        enum Level { LOW HIGH SECRET }
        input Where { level: Level at: Int ids: [ID!] }`,
      c: `${link('@key', '@shareable')}
        type Thing @key(fields: "id") { id: ID! more: [Thing!] tail: Thing }
        input Where { level: Level at: Int ids: [ID!] extra: String }
        enum Level { LOW HIGH SECRET }
        type Query { filtered(where: Where, first: Int = 2): [Thing] }`,
    },
  },
  {
    name: 'keys that cannot be resolved, and chains of keys',
    subgraphs: {
      first: `${link('@key')}
        type Query { starts: [Node] }
        type Node @key(fields: "a") { a: ID! one: String next: Node }`,
      second: `${link('@key')}
        type Node @key(fields: "a") @key(fields: "b") { a: ID! b: ID! two: String }`,
      third: `${link('@key')}
        type Node @key(fields: "b") @key(fields: "c") { b: ID! c: ID! three: [Int] }`,
      fourth: `${link('@key')}
        type Node @key(fields: "c") { c: ID! four: Boolean! leaf: Leaf }
        type Leaf @key(fields: "id", resolvable: false) { id: ID! }`,
      fifth: `${link('@key')}
        type Leaf @key(fields: "id") { id: ID! green: Boolean }
        type Query { leaves: [Leaf!]! }`,
    },
  },
  {
    name: 'lists of lists, and scalars of any shape',
    subgraphs: {
      grid: `${link('@key', '@shareable')}
        scalar JSON
        type Query { grid: [[Cell!]!] sparse: [[Cell]]! cell(at: [Int!]): Cell sheets: [Sheet!]! }
        type Sheet { title: String rows: [[Cell!]] meta: JSON }
        type Cell @key(fields: "id") { id: ID! tags: [[String!]!]! any: JSON style: Style @shareable }
        type Style @shareable { bold: Boolean extra: JSON sizes: [[Int]!] }`,
      names: `${link('@key', '@shareable', '@external', '@requires')}
        scalar JSON
        type Query { named: [Cell!] }
        type Cell @key(fields: "id") { id: ID! any: JSON @external tags: [[String!]!]! @external name: String! neighbours: [[Cell!]] more: [JSON!] style: Style @shareable
          told: String @requires(fields: "any tags") }
        type Style @shareable { bold: Boolean extra: JSON sizes: [[Int]!] }`,
    },
  },
  {
    name: 'Federation 1 schemas',
    subgraphs: {
      users: `type Query { users: [User] } type User @key(fields: "id") { id: ID! name: String email: String! }`,
      posts: `extend type User @key(fields: "id") { id: ID! @external email: String! @external posts: [Post] greeting: String @requires(fields: "email") }
        type Post @key(fields: "id") { id: ID! text: String author: User likes: [User!] } extend type Query { posts(first: Int): [Post!] }`,
    },
  },
  {
    name: 'names that every object inherits',
    subgraphs: {
      odd: `${link('@key')}
        type Query { odd: Odd odds: [Odd] toString: String }
        type Odd @key(fields: "constructor") { constructor: ID! valueOf: String hasOwnProperty: [Odd] }`,
      even: `${link('@key', '@external', '@requires')}
        type Odd @key(fields: "constructor") { constructor: ID! valueOf: String @external isPrototypeOf: String @requires(fields: "valueOf") toLocaleString(x: Int): Int }`,
    },
  },
  {
    name: 'fields provided on some ways only, and parts of value objects',
    subgraphs: {
      content: `${link('@key', '@provides', '@external', '@shareable')}
        type Query { posts: [Post!] docs: [Doc] writers: [User] @provides(fields: "name") }
        type Post @key(fields: "id") { id: ID! author: User @provides(fields: "name") editor: User replies: [Post!] }
        type Doc @key(fields: "id") { id: ID! owner: User @provides(fields: "age home { city }") signer: User @provides(fields: "home { zip } name") }
        type User @key(fields: "id") { id: ID! name: String @external age: Int @external home: Home @external docs: [Doc] }
        type Home @shareable { city: String zip: String street: Street }
        type Street @shareable { name: String number: Int }`,
      users: `${link('@key', '@shareable')}
        type Query { users: [User!] }
        type User @key(fields: "id") { id: ID! name: String @shareable age: Int @shareable home: Home @shareable likes: [Post] }
        type Home @shareable { city: String zip: String street: Street }
        type Street @shareable { name: String number: Int }
        type Post @key(fields: "id", resolvable: false) { id: ID! }`,
      search: `${link('@key', '@provides', '@external', '@shareable')}
        union Hit = Post | User
        type Query { hits: [Hit] @provides(fields: "... on User { age }") }
        type Post @key(fields: "id") { id: ID! rank: Float }
        type User @key(fields: "id") { id: ID! age: Int @external rank: Float }`,
    },
  },
  {
    name: 'implementers whose fields are narrower than the interface’s',
    subgraphs: {
      feed: `${link('@key')}
        interface Post { id: ID! }
        type Tweet implements Post @key(fields: "id") { id: ID! text: String }
        type Retweet implements Post @key(fields: "id") { id: ID! of: Tweet }
        type Poll implements Post @key(fields: "id") { id: ID! options: [String!] }
        union Any = Tweet | Poll | Team
        type Team @key(fields: "id") { id: ID! title: String }
        type Query { posts: [Post] any: [Any!] post(id: ID!): Post }`,
      counts: `${link('@key', '@shareable')}
        interface Post { id: ID! likes: Int owner: Owner tags: [String] }
        interface Owner { name: String lead: Owner }
        type Tweet implements Post @key(fields: "id") { id: ID! likes: Int! owner: Team tags: [String!] }
        type Retweet implements Post @key(fields: "id") { id: ID! likes: Int owner: Person! tags: [String]! }
        type Poll implements Post @key(fields: "id") { id: ID! likes: Int! owner: Owner tags: [String!]! }
        type Team implements Owner @key(fields: "id") { id: ID! name: String! lead: Person size: Int }
        type Person implements Owner @key(fields: "id") { id: ID! name: String lead: Owner! posts: [Post!] }
        type Query { top: [Post!]! owners: [Owner] }`,
      places: `${link('@key')}
        interface Placed { at: Point }
        interface Point { x: Float }
        type Flat implements Point { x: Float! y: Float! }
        type Deep implements Point { x: Float y: Float z: Float }
        type Team implements Placed @key(fields: "id") { id: ID! at: Flat! }
        type Person implements Placed @key(fields: "id") { id: ID! at: Deep }
        type Query { placed: [Placed] }`,
    },
  },
  {
    name: 'an entity interface in two subgraphs, beside objects of it with requirements',
    hasNoReference: true,
    subgraphs: {
      core: `${link('@key')}
        interface Asset @key(fields: "id") { id: ID! title: String owner: Person }
        type Car implements Asset @key(fields: "id") { id: ID! title: String owner: Person wheels: Int }
        type House implements Asset @key(fields: "id") { id: ID! title: String owner: Person rooms: [String!] }
        type Boat implements Asset @key(fields: "id") { id: ID! title: String owner: Person mast: Float }
        type Person @key(fields: "id") { id: ID! }
        type Query { assets: [Asset!]! house: House }`,
      register: `${link('@key')}
        interface Asset @key(fields: "id") { id: ID! plate(short: Boolean = false): String }
        type Car implements Asset @key(fields: "id") { id: ID! plate(short: Boolean = false): String doors: Int }
        type House implements Asset @key(fields: "id") { id: ID! plate(short: Boolean = false): String }
        type Boat implements Asset @key(fields: "id") { id: ID! plate(short: Boolean = false): String! }
        type Query { registered: [Asset] }`,
      tax: `${link('@key', '@interfaceObject', '@external', '@requires')}
        type Asset @key(fields: "id") @interfaceObject { id: ID! title: String @external plate(short: Boolean = false): String @external
          levy(rate: Int = 3): String @requires(fields: "title") stamp: String @requires(fields: "plate(short: true)") worth: Int related: [Asset] }
        type Query { taxed: [Asset] }`,
      people: `${link('@key', '@interfaceObject')}
        type Person @key(fields: "id") { id: ID! name: String assets: [Asset!] }
        type Asset @key(fields: "id") @interfaceObject { id: ID! holders: [Person!] note: String }
        type Query { persons: [Person] }`,
    },
  },
];
