import type { RepositoryPage } from "../db/page_queries.ts";
import type { Links, Query } from "./links.ts";

/** What the address asks for. */
export interface View {
  /** Branches chosen for the chart. */
  readonly chosen: readonly string[];
  /** Substring of the names of the listed branches. */
  readonly q: string | undefined;
  /** Whether the table has pull requests, tags and merge queues instead of branches. */
  readonly refs: boolean;
  /** Page of the table of branches. */
  readonly branches: number;
  /** Page of the history. */
  readonly history: number;
}

/** The properties of each section of the page. */
export interface SectionProps {
  readonly links: Links;
  readonly page: RepositoryPage;
  readonly view: View;
  /** The address of the same page with changes, at one of its sections. */
  readonly link: (changes: Partial<View>, section: string) => string;
  readonly now: Date;
}

export const BRANCHES_PER_PAGE = 20;
export const HISTORY_PER_PAGE = 25;

export function queryOf({ chosen, q, refs, branches, history }: View): Query {
  return {
    branch: chosen,
    q,
    refs: refs ? 1 : undefined,
    branches: branches === 1 ? undefined : branches,
    history: history === 1 ? undefined : history,
  };
}
