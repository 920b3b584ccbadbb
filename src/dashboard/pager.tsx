interface Place {
  /** From 1. */
  readonly page: number;
  readonly hasNext: boolean;
}

/** Links to the previous and the next page; nothing where there is only one. */
export function Pager(
  { place: { page, hasNext }, label, link }: {
    place: Place;
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
