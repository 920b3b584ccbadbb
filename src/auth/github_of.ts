/** Which GitHub an API or an issuer of OIDC tokens belongs to. */

/** Of an enterprise with an issuer of its own, a name follows. */
const GITHUB_COM =
  /^https:\/\/(api\.github\.com|token\.actions\.githubusercontent\.com(\/[^/]+)?)$/;
/** `api.acme.ghe.com` and `token.actions.acme.ghe.com`. */
const GHE_COM = /^https:\/\/(?:api|token\.actions)\.([^./]+\.ghe\.com)(?:\/[^/]+)?$/;
/** GitHub Enterprise Server. */
const GHE_SERVER = /^(https?:\/\/[^/]+)\/(?:api\/v3|_services\/token)$/;

/**
 * The GitHub's web address. Its API and its issuer have the same one, so that jobs of a repository may
 * use either; an address of another form stands for itself.
 */
export function githubOf(address: string): string {
  if (GITHUB_COM.test(address)) return "https://github.com";
  const [, domain] = GHE_COM.exec(address) ?? [];
  if (domain !== undefined) return `https://${domain}`;
  return GHE_SERVER.exec(address)?.[1] ?? address;
}

/** The API of a GitHub's web address. */
export function apiOf(githubUrl: string): string {
  const { protocol, host } = new URL(githubUrl);
  const isHosted = host === "github.com" || host.endsWith(".ghe.com");
  return isHosted ? `${protocol}//api.${host}` : `${githubUrl}/api/v3`;
}
