/** The ids of reports. */

const REPORT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isReportId(text: string): boolean {
  return REPORT_ID.test(text);
}
