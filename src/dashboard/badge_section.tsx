import { renderToString } from "preact-render-to-string";
import type { Html } from "./html.ts";
import type { BranchOfLanguage } from "../model/urls.ts";
import type { Links } from "./links.ts";

/** A branch's badge, with the text to copy to show it elsewhere. */
export function BadgeSection(
  { links, branch }: { links: Links; branch: BranchOfLanguage },
): Html {
  const badge = links.badge(branch);
  const page = links.absolute(branch);
  const html = renderToString(
    <a href={page}>
      <img src={badge} alt="coverage" />
    </a>,
  );
  const ways = [
    ["Markdown", "badge-markdown", `[![coverage](${badge})](${page})`],
    ["HTML", "badge-html", html],
    ["Address", "badge-address", badge],
  ] as const;
  return (
    <section id="badge" aria-labelledby="badge-title">
      <h2 id="badge-title">Badge</h2>
      <p>
        <img src={links.badgeImage(branch)} alt={`Badge of ${branch.branch_name}`} height="20" />
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
