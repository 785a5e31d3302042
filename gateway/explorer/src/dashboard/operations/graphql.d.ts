/** An operation as the build imports it: see `vite.config.ts`. */
declare module '*.graphql' {
  const document: { readonly id: string; readonly text: string };
  export default document;
}
