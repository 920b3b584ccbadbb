/**
 * A repository's badge, with what to copy to show it elsewhere.
 *
 * @module
 */
import { renderToString } from "preact-render-to-string";
import type { Html } from "./html.ts";
import type { BranchOfLanguage } from "../model/urls.ts";
import type { Site } from "./links.ts";

/** Shows the badge of a branch, which README files link to this page. */
export function BadgeSection(
  { site, branch }: { site: Site; branch: BranchOfLanguage },
): Html {
  const badge = site.badge(branch);
  const page = site.absolute(branch);
  const ways = [
    ["Markdown", "badge-markdown", `[![coverage](${badge})](${page})`],
    [
      "HTML",
      "badge-html",
      renderToString(
        <a href={page}>
          <img src={badge} alt="coverage" />
        </a>,
      ),
    ],
    ["Address", "badge-address", badge],
  ] as const;
  return (
    <section class="badge" aria-labelledby="badge-title">
      <h2 id="badge-title">Badge</h2>
      <p>
        <img src={site.badgeImage(branch)} alt={`Badge of ${branch.branch_name}`} height="20" />
      </p>
      {ways.map(([label, id, text]) => (
        <div class="copyable" key={id}>
          <label for={id}>{label}</label>
          <input id={id} value={text} readOnly />
          <button type="button" data-copy={id} hidden>Copy</button>
        </div>
      ))}
    </section>
  );
}
