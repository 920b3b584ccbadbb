/** The thread that makes the database of a first start; `embedded.ts` sends it the folder. */
import { PGlite } from "@electric-sql/pglite";

export type Answer = "made" | { readonly failure: unknown };

const thread = self as unknown as {
  onmessage: (event: MessageEvent<string>) => void;
  postMessage(answer: Answer): void;
};

thread.onmessage = async ({ data: folder }) => {
  try {
    await (await PGlite.create(folder)).close();
    thread.postMessage("made");
  } catch (error) {
    thread.postMessage({ failure: error });
  }
};
