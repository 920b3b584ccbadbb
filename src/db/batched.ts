/** Many look-ups in one statement. */
import { setImmediate } from "node:timers";

/** Look-ups that share a statement, so that its answer is never large. */
const MOST = 20;

/**
 * Makes a look-up of one from a look-up of several, which answers in the order it was asked. What is
 * asked for in one turn of the event loop goes together: many clients at once then cost the database
 * and its connection little more than one. Nothing is kept for later.
 */
export function batched<Asked, Found>(
  findAll: (asked: readonly Asked[]) => Promise<readonly Found[]>,
): (asked: Asked) => Promise<Found> {
  interface Waiting extends PromiseWithResolvers<Found> {
    readonly asked: Asked;
  }
  let waiting: Waiting[] = [];
  const find = async () => {
    const batch = waiting;
    waiting = [];
    try {
      const found = await findAll(batch.map(({ asked }) => asked));
      for (const [at, { resolve }] of batch.entries()) resolve(found[at]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  return (asked) => {
    if (waiting.length === 0) setImmediate(() => waiting.length > 0 && find());
    const one = { asked, ...Promise.withResolvers<Found>() };
    waiting.push(one);
    if (waiting.length === MOST) void find();
    return one.promise;
  };
}
