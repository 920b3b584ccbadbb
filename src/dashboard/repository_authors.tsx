import { Bar } from "./bar.tsx";
import type { Html } from "./html.ts";
import { Change, Percentage } from "./numbers.tsx";
import { AUTHOR_UPLOADS } from "../db/page_queries.ts";
import type { SectionProps } from "./repository_view.ts";
import { Author } from "./uploads_table.tsx";

/** The authors of the newest uploads, with what these changed. */
export function Authors({ links, page: { repository, authors } }: SectionProps): Html {
  const uploads = authors.reduce((sum, author) => sum + author.uploads, 0);
  return (
    <section id="authors" aria-labelledby="authors-title">
      <h2 id="authors-title">
        Coverage by author{" "}
        {uploads === AUTHOR_UPLOADS ? <small>in the last {uploads} uploads</small> : null}
      </h2>
      <table class="uploads">
        <thead>
          <tr>
            <th scope="col">Author</th>
            <td class="wide"></td>
            <th scope="col" class="figure">
              Newest upload <small>all changes</small>
            </th>
          </tr>
        </thead>
        <tbody>
          {authors.map(({ commit_author, uploads, percentage, change }) => (
            <tr key={commit_author}>
              <th scope="row" title={commit_author}>
                <Author links={links} org={repository.org_name} author={commit_author} />
                <small>{uploads === 1 ? "1 upload" : `${uploads} uploads`}</small>
              </th>
              <td class="wide">
                <Bar value={percentage} />
              </td>
              <td class="figure">
                <Percentage value={percentage} />{" "}
                <Change value={change} against="the upload before each of these, in total" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
