export function describeSources(): string {
  return '';
}
export async function importData(_options: {
  source: string;
  file: string;
  dataFolder: string;
  rejectsFile?: string;
}): Promise<void> {}
