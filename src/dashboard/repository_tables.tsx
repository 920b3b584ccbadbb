/**
 * The tables of a repository's page.
 *
 * @module
 */
import type { Html } from "./html.ts";
import { Pager } from "./pager.tsx";
import { BRANCHES_PER_PAGE, HISTORY_PER_PAGE, type Shown } from "./repository_view.ts";
import { UploadsTable } from "./uploads_table.tsx";

/** The last upload of each branch, against the main one. */
export function Branches({ site, page: { repository, branches }, view, link, now }: Shown): Html {
  const main = new Map(
    repository.languages?.map(({ language, percentage }) => [language, percentage]),
  );
  const { org_name, repo_name, main_branch } = repository;
  const lines = branches.slice(0, BRANCHES_PER_PAGE).map((row) => ({
    ...row,
    org_name,
    repo_name,
    before: row.branch_name === main_branch ? null : main.get(row.language) ?? null,
  }));
  return (
    <section id="branches" aria-labelledby="branches-title">
      <h2 id="branches-title">Branches</h2>
      {lines.length === 0 ? <p>There are no more branches.</p> : (
        <UploadsTable
          site={site}
          lines={lines}
          options={{
            caption: "The last upload of each branch",
            against: main_branch ?? "",
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
    </section>
  );
}

/** Every upload, against the one before. */
export function History({ site, page: { repository, history }, view, link, now }: Shown): Html {
  const { org_name, repo_name } = repository;
  const lines = history.slice(0, HISTORY_PER_PAGE)
    .map((row) => ({ ...row, org_name, repo_name }));
  return (
    <section id="history" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {lines.length === 0 ? <p>There are no more uploads.</p> : (
        <UploadsTable
          site={site}
          lines={lines}
          options={{ caption: "Every upload", against: "the upload before", now }}
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
