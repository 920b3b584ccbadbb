/**
 * What the parts of a repository's page are made of.
 *
 * @module
 */
import type { RepositoryPage } from "../db/page_queries.ts";
import type { Site } from "./links.ts";

/** What is shown at the moment, as its address says. */
export interface View {
  /** Branches picked for the chart. */
  readonly picked: readonly string[];
  /** Page of the table of branches. */
  readonly branches: number;
  /** Page of the history. */
  readonly history: number;
}

/** The properties of every part. */
export interface Shown {
  /** Makes addresses. */
  readonly site: Site;
  /** What was read. */
  readonly page: RepositoryPage;
  /** What is shown of it. */
  readonly view: View;
  /** Makes the address of the same page with changes, at one of its parts. */
  readonly link: (changes: Partial<View>, anchor: string) => string;
  /** The present. */
  readonly now: Date;
}

/** Lines of a page of the table of branches. */
export const BRANCHES_PER_PAGE = 100;
/** Lines of a page of the history. */
export const HISTORY_PER_PAGE = 25;
