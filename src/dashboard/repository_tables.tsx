import type { Html } from "./html.ts";
import { Pager } from "./pager.tsx";
import {
  BRANCHES_PER_PAGE,
  HISTORY_PER_PAGE,
  queryOf,
  type SectionProps,
} from "./repository_view.ts";
import { SearchForm } from "./search_form.tsx";
import { UploadsTable } from "./uploads_table.tsx";

/** The newest upload of each branch against the main one, which comes first on every page. */
export function Branches({ links, page, view, link, now }: SectionProps): Html {
  const { repository, main, branches } = page;
  const { main_branch } = repository;
  const { q } = view;
  const base = new Map(main.map(({ language, percentage }) => [language, percentage]));
  const matches = (name: string) => name.toLowerCase().includes(q?.toLowerCase() ?? "");
  const uploads = [
    ...main.filter(({ branch_name }) => matches(branch_name))
      .map((row) => ({ ...repository, ...row, before: null })),
    ...branches.slice(0, BRANCHES_PER_PAGE)
      .map((row) => ({ ...repository, ...row, before: base.get(row.language) ?? null })),
  ];
  return (
    <section id="branches" aria-labelledby="branches-title">
      <div class="title">
        <h2 id="branches-title">Branches</h2>
        <SearchForm
          action={`${links.repository(repository)}#branches`}
          keeps={queryOf({ ...view, q: undefined, branches: 1 })}
          q={q}
          placeholder="Filter branches"
          label="Filter branches"
          replaces="#branches-results"
          button="Filter"
        />
      </div>
      <p class="muted" role="status">
        {uploads.length === 0 ? q ? `No branches match “${q}”.` : "No more branches." : ""}
      </p>
      <div id="branches-results">
        {uploads.length === 0 ? null : (
          <UploadsTable
            links={links}
            uploads={uploads}
            options={{
              caption: view.refs
                ? "The newest upload of each pull request, tag and merge queue"
                : "The newest upload of each branch",
              against: main_branch,
              mainBranch: main_branch,
              now,
            }}
          />
        )}
        <Pager
          place={{ page: view.branches, hasNext: branches.length > BRANCHES_PER_PAGE }}
          label="Pages of branches"
          link={(page) => link({ branches: page }, "branches")}
        />
        {page.has_refs || view.refs
          ? (
            <p>
              <a href={link({ refs: !view.refs, branches: 1 }, "branches")}>
                {view.refs ? "Branches" : "Pull requests, tags and merge queues"}
              </a>
            </p>
          )
          : null}
      </div>
    </section>
  );
}

/** Every upload against the one before. */
export function History({ links, page, view, link, now }: SectionProps): Html {
  const { repository, history } = page;
  const uploads = history.slice(0, HISTORY_PER_PAGE).map((row) => ({ ...repository, ...row }));
  return (
    <section id="history" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {uploads.length === 0 ? <p>No more uploads.</p> : (
        <UploadsTable
          links={links}
          uploads={uploads}
          options={{ caption: "Every upload", against: "previous", now }}
        />
      )}
      <Pager
        place={{ page: view.history, hasNext: history.length > HISTORY_PER_PAGE }}
        label="Pages of uploads"
        link={(page) => link({ history: page }, "history")}
      />
    </section>
  );
}
