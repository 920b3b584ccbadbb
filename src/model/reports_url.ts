/** `REPORTS_URL`: the host name of reports, or with a `*` one for each report. */

/** Tests whether an address is under `REPORTS_URL`, by its name: proxies may leave out the port. */
export function isReportsHost(reportsUrl: string | undefined): (url: URL) => boolean {
  if (reportsUrl === undefined) return () => false;
  const { hostname: name } = new URL(reportsUrl);
  return name.startsWith("*.")
    ? ({ hostname }) => hostname.endsWith(name.slice(1))
    : ({ hostname }) => hostname === name;
}

/** The origin of a report: `REPORTS_URL`, where a `*` stands for the report's id. */
export function originOfReport(reportsUrl: string, report_id: string): string {
  return reportsUrl.replace("//*.", `//${report_id}.`);
}
