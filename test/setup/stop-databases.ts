import { closeDatabases } from './databases';

export default function stopDatabases(): void {
  closeDatabases();
}
