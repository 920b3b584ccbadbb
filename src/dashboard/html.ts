/** What components make. Preact escapes every text in it, so that a name never becomes markup. */
import type { ComponentChildren, VNode } from "preact";

export type Html = VNode;

/** What stands between an element's tags. */
export type Content = ComponentChildren;
