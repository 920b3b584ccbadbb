-- Who a repository is to the issuer of its jobs' OIDC tokens, issuer and number: set by the first
-- upload that says so. A later repository of the same name is another one, and has no part in it.
alter table repositories add column oidc_identity text;
