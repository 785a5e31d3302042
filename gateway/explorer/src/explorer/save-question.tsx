export function SaveQuestion() {
  return null;
}
