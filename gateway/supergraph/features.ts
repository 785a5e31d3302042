import { type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';
import { OperatorError } from '#base/errors';

/** A feature that a supergraph links by the `link` specification. */
export interface Feature {
  readonly url: string;
  /** Last part of its URL before the version. */
  readonly name: string;
  readonly isForSecurity: boolean;
  /** The name of one of its directives in this supergraph, without the `@`. */
  directiveNamed(directive: string): string;
  /** Whether it defines a type, or a directive with the `@`, of this name in this supergraph. */
  defines(name: string): boolean;
}

const LINK_URL = /^https?:\/\/specs\.apollo\.dev\/link\//;

/**
 * @throws OperatorError where features would be missed: the directive of links has another name, a feature is linked or an element imported
 * twice, or a URL names no version
 */
export function featuresOf(supergraph: DocumentNode): Feature[] {
  const features = linkedFeatures(supergraph);
  for (const [index, { url, name }] of features.entries())
    if (features.findIndex((other) => identityOf(other.url) === identityOf(url)) !== index)
      throw misread(`The schema links the feature "${name}" twice`);
  return features;
}

const identityOf = (url: string): string => url.slice(0, url.lastIndexOf('/')).toLowerCase();

const misread = (message: string): OperatorError =>
  new OperatorError(
    message,
    'Link each feature once, by a URL with a version, and import each element once: rules are found by it',
  );

function linkedFeatures(supergraph: DocumentNode): Feature[] {
  return supergraph.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) return [];
    return (definition.directives ?? []).flatMap(({ name, arguments: nodes = [] }) => {
      const argument = (of: string) => {
        const node = nodes.find(({ name: argumentName }) => argumentName.value === of);
        return node && valueFromASTUntyped(node.value);
      };
      const isOfLinks = LINK_URL.test(URL.parse(String(argument('url')))?.href ?? '');
      const isRenamed = argument('as') !== undefined || JSON.stringify(argument('import') ?? []).includes('"as"');
      if (isOfLinks && (name.value !== 'link' || isRenamed))
        throw new OperatorError(
          'The schema links features by another directive than @link',
          'Name the directive of the link specification @link: access rules are found by it',
        );
      if (name.value === 'core' && argument('feature') !== undefined)
        throw misread('The schema links features by @core, which Federation 2 replaced by @link');
      if (name.value !== 'link') return [];
      return [feature(String(argument('url') ?? ''), argument('as'), argument('import'), argument('for'))];
    });
  });
}

/** URL of the feature that defines `@sensitivity`, `@owner`, `@role`, and `@matchedBy`, without its version. */
const HANDLING_URL = 'https://ordergraph.example/sensitivity/';

/** That feature; undefined where it is not linked. @throws OperatorError if another feature has its name, or it is linked twice */
export function handlingFeature(document: DocumentNode): Feature | undefined {
  const [linked, ...others] = featuresOf(document).filter(
    ({ url, name }) => name.toLowerCase() === 'sensitivity' || url.startsWith(HANDLING_URL),
  );
  if (!linked) return undefined;
  if (others.length > 0 || !linked.url.startsWith(HANDLING_URL))
    throw new OperatorError(
      `The schema links ${[linked, ...others].map(({ url }) => `"${url}"`).join(' and ')} as the feature "sensitivity"`,
      `Link only ${HANDLING_URL}v1.0, once: it decides who may read fields`,
    );
  return linked;
}

function feature(url: string, as: unknown, importArgument: unknown, purpose: unknown): Feature {
  const imports = importsIn(importArgument);
  const written = URL.parse(url);
  const [version = '', name = ''] = (written?.pathname ?? '').split('/').filter(Boolean).toReversed();
  if (!written || !/^v\d+\.\d+$/.test(version) || name === '')
    throw misread(
      `The schema links "${url}", which is no URL of a feature and its version, such as https://specs.example/name/v1.0`,
    );
  const [names, aliases] = [imports.map((item) => item.name), imports.map((item) => item.as)];
  if (as === '' || [names, aliases].some((list) => list.includes('') || new Set(list).size < list.length))
    throw misread(`The link of "${url}" has an empty name, or imports an element twice`);
  const namespace = typeof as === 'string' ? as : name;
  return {
    // one form: the host in lower case, without a default port
    url: `${written.origin}/${written.pathname.split('/').filter(Boolean).join('/')}`,
    name,
    isForSecurity: purpose === 'SECURITY',
    directiveNamed: (directive) =>
      importedAs(imports, `@${directive}`) ?? (directive === name ? namespace : `${namespace}__${directive}`),
    defines: (element) =>
      imports.some((item) => item.as === element) ||
      element === `@${namespace}` ||
      element.replace(/^@/, '').startsWith(`${namespace}__`),
  };
}

/** An imported element, with its name in the feature and in this supergraph; those of directives begin with `@`. */
interface Import {
  readonly name: string;
  readonly as: string;
}

function importsIn(imports: unknown): Import[] {
  if (!Array.isArray(imports)) return [];
  return (imports as (string | { name: string; as?: string })[]).map((item) => {
    const { name, as = name } = typeof item === 'string' ? { name: item } : item;
    return { name, as };
  });
}

/** The name a directive is imported as; undefined if it is not imported. */
const importedAs = (imports: readonly Import[], directive: string): string | undefined =>
  imports.find(({ name }) => name === directive)?.as.slice(1);
