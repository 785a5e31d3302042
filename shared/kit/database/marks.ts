/** Placeholders of a list in SQL, such as `?, ?` for two values. */
export const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');
