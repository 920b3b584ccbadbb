/** Finds repositories by their names, which are case-insensitive. */
import type { Fragment, Sql, TransactionSql } from "postgres";
import { HttpError } from "../errors.ts";
import type { RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";

/** The condition that the row `r` of `repositories` has this name. */
export function named(
  sql: Sql | TransactionSql,
  { org_name, repo_name }: RepositoryName,
): Fragment {
  return sql`lower(r.org_name) = lower(${org_name}) and lower(r.repo_name) = lower(${repo_name})`;
}

/** The condition that the row `r` is in one of the scopes, `org/repo`, `org/*` or `*`. */
export function inScopes(sql: Sql, scopes: readonly string[] = ["*"]): Fragment {
  if (scopes.includes("*")) return sql`true`;
  const names = sql.array(scopes.map((scope) => scope.toLowerCase()));
  const [org, repo] = [sql`lower(r.org_name)`, sql`lower(r.repo_name)`];
  return sql`(${org} || '/*' = any(${names}) or ${org} || '/' || ${repo} = any(${names}))`;
}

/**
 * The id of a repository, which nobody can delete before the transaction ends; undefined where it is
 * unknown. Locked before its coverages are, so that uploads, syncs and deletions wait for each other.
 */
export async function findRepository(
  tx: TransactionSql,
  name: RepositoryName,
): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`
    select r.id from repositories r where ${named(tx, name)} for key share`;
  return row?.id;
}

/** The id of a repository, which is added where it is unknown. */
export async function findOrAddRepository(
  tx: TransactionSql,
  name: RepositoryName,
): Promise<string> {
  // It may be added by another transaction before it is added here, and deleted before it is found.
  while (true) {
    const known = await findRepository(tx, name);
    if (known !== undefined) return known;
    const [added] = await tx<{ id: string }[]>`
      insert into repositories (org_name, repo_name) values (${name.org_name}, ${name.repo_name})
      on conflict do nothing returning id`;
    if (added) return added.id;
  }
}

/**
 * Checks that a repository is the one of that identity: the address of a GitHub and, where the
 * credential has it, the repository's number there. The first upload that has either gives it to the
 * name. Throws 403 for another: neither a repository of another GitHub nor one that was renamed or made
 * again may upload under a name that belongs to another one, until an operator says so.
 */
export async function checkIdentity(
  sql: Sql | TransactionSql,
  name: RepositoryName,
  identity: string | undefined,
): Promise<void> {
  if (identity === undefined) return;
  const [github] = identity.split(" ");
  await inTime(sql`
    update repositories r set identity = ${identity}
    where ${named(sql, name)} and (identity is null or identity = ${github!})
      and identity is distinct from ${identity}`);
  // A statement of its own, which sees what another upload has set meanwhile.
  await refuseOther(sql, name, identity);
}

/** Throws 403 for a repository that is of another identity. */
export async function refuseOther(
  sql: Sql | TransactionSql,
  name: RepositoryName,
  identity: string,
): Promise<void> {
  const [github] = identity.split(" ");
  const [other] = await inTime(sql`
    select from repositories r
    where ${named(sql, name)} and identity <> ${identity}
      and (${identity !== github} or split_part(identity, ' ', 1) <> ${github!})`);
  if (!other) return;
  const repository = `${name.org_name}/${name.repo_name}`;
  throw new HttpError(
    403,
    `${repository} is not the repository that uploaded under this name before. An operator can ` +
      `allow it: \`deno task forget-identity ${repository}\`.`,
  );
}

/** Allows another repository to upload under that name; false where the name is unknown. */
export async function forgetIdentity(sql: Sql, name: RepositoryName): Promise<boolean> {
  const { count } = await inTime(sql`
    update repositories r set identity = null where ${named(sql, name)}`);
  return count > 0;
}
