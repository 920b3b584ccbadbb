/**
 * Pieces of pages, made by components, which escape every text by construction: it never becomes
 * markup on its way through Preact.
 *
 * @module
 */
import type { ComponentChildren, VNode } from "preact";

/**
 * What a component makes.
 *
 * @internal
 */
export type Html = VNode;

/**
 * What stands between an element's tags.
 *
 * @internal
 */
export type Content = ComponentChildren;
