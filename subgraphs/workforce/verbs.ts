export { callersOf, marks, reasonInput, targetInput, verb } from '#domain/verbs';
