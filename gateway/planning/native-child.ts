import { NativePlans, type NativeReply, type NativeStart, type NativeTask } from './native-plans';

// runs as a process of its own: see native.ts. The first message is the supergraph, every other a task
let plans: NativePlans | undefined;

process.on('message', async (message: NativeStart | NativeTask) => {
  if ('supergraphSdl' in message) {
    plans = new NativePlans(message.supergraphSdl, message.overrides);
    return;
  }
  let reply: NativeReply;
  try {
    reply = { id: message.id, plan: await plans!.plan(message.operation) };
  } catch (error) {
    reply = { id: message.id, failure: plans!.failureOf(error) };
  }
  process.send!(reply);
});
// nobody is left to plan for
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole group; the gateway ends its requests first, and then this
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
