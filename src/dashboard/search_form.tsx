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
