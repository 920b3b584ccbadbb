/** What a list is searched, sorted and paged with. */
import { z } from "zod";
import type { Query } from "./links.ts";

/** A field that searches a list. With JavaScript, results appear during typing. */
export function SearchForm({ action, keeps, q, placeholder, label, replaces, button }: {
  action: string;
  /** The rest of the query, which the form sends along. */
  keeps: Query;
  q: string | undefined;
  placeholder: string;
  label: string;
  /** Selectors of the elements that hold the results. */
  replaces: string;
  button: string;
}) {
  return (
    <form class="search" action={action} autoComplete="off" data-replaces={replaces}>
      <Hidden query={keeps} />
      <input
        type="search"
        name="q"
        value={q ?? ""}
        maxLength={201}
        placeholder={placeholder}
        aria-label={label}
      />
      <button type="submit">{button}</button>
    </form>
  );
}

/** The part of the query that a form sends along unchanged. */
export function Hidden({ query }: { query: Query }) {
  return (
    <>
      {Object.entries(query).flatMap(([name, value]) =>
        [value ?? []].flat().map((one) => (
          <input key={`${name} ${one}`} type="hidden" name={name} value={String(one)} />
        ))
      )}
    </>
  );
}

/** The first of some options is the default. */
export interface SortOption<Key extends string> {
  readonly key: Key;
  readonly name: string;
  /** Whether a first click sorts in descending order. */
  readonly descends: boolean;
}

export const orderField = z.enum(["asc", "desc"], "must be asc or desc").optional();

export function isDescending<Key extends string>(
  options: readonly SortOption<Key>[],
  { sort, order }: { sort: Key; order?: "asc" | "desc" | undefined },
): boolean {
  return order ? order === "desc" : options.some(({ key, descends }) => key === sort && descends);
}

/** The query of an order; nothing of what is the default. */
export function sortQuery<Key extends string>(
  options: readonly SortOption<Key>[],
  { sort, descending }: { sort: Key; descending: boolean },
): Query {
  return {
    sort: sort === options[0]!.key ? undefined : sort,
    order: descending === isDescending(options, { sort }) ? undefined : descending ? "desc" : "asc",
  };
}

/** Links that sort a list; the current one turns the order round. */
export function Sorting<Key extends string>(
  { options, current, descending, link }: {
    options: readonly SortOption<Key>[];
    current: Key;
    descending: boolean;
    link: (sort: Key, descending: boolean) => string;
  },
) {
  return (
    <nav class="sorting" aria-label="Sort by">
      {options.map(({ key, name, descends }) =>
        key === current
          ? (
            <a key={key} href={link(key, !descending)} aria-current="true">
              {name} <span aria-hidden="true">{descending ? "↓" : "↑"}</span>
            </a>
          )
          : <a key={key} href={link(key, descends)}>{name}</a>
      )}
    </nav>
  );
}

/** Links to the previous and the next page; nothing where there is only one. */
export function Pager(
  { page, hasNext, label, link }: {
    /** From 1. */
    page: number;
    hasNext: boolean;
    label: string;
    link: (page: number) => string;
  },
) {
  if (page === 1 && !hasNext) return null;
  return (
    <nav class="pager" aria-label={label}>
      {page > 1 ? <a rel="prev" href={link(page - 1)}>← Previous</a> : <span></span>}
      <span>Page {page}</span>
      {hasNext ? <a rel="next" href={link(page + 1)}>Next →</a> : <span></span>}
    </nav>
  );
}
