import { stopPrivateServer } from './databases';

export default function stopDatabases(): void {
  stopPrivateServer();
}
