export interface SortOption<Key extends string> {
  readonly key: Key;
  readonly name: string;
  /** Whether a first click sorts in descending order. */
  readonly descends: boolean;
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
