import type { Html } from "./html.ts";
import { Hidden } from "./search_form.tsx";
import { MAX_CHOSEN } from "../db/page_queries.ts";
import { queryOf, type SectionProps } from "./repository_view.ts";
import { TrendChart } from "./trend_chart.tsx";
import { trendsOf } from "./trends.ts";

/** Coverage over time of some branches, and a form to choose them. */
export function Trend({ links, page, view }: SectionProps): Html {
  const { repository, trend } = page;
  const drawn = new Set(trend.map(({ branch_name }) => branch_name));
  const choices = [...new Set([...drawn, ...page.choices])];
  return (
    <section id="trend" aria-labelledby="trend-title">
      <h2 id="trend-title">Coverage over time</h2>
      {trend.length === 0 ? <p>No uploads of these branches.</p> : (
        <TrendChart
          trends={trendsOf(trend, ({ id }) => links.uploadPage({ ...repository, id }))}
          label="Coverage over time"
        />
      )}
      <details>
        <summary>Choose branches (max. {MAX_CHOSEN})</summary>
        <form action={`${links.repository(repository)}#trend`}>
          <Hidden query={queryOf({ ...view, chosen: [] })} />
          <fieldset aria-label="Branches in the chart">
            {choices.map((branch) => (
              <label key={branch}>
                <input type="checkbox" name="branch" value={branch} checked={drawn.has(branch)} />
                <bdi>{branch}</bdi>
              </label>
            ))}
          </fieldset>
          <button type="submit">Apply</button>
        </form>
      </details>
    </section>
  );
}
