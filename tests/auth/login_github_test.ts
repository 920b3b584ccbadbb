import assert from "node:assert/strict";
import { testApp } from "../support/app.ts";
import { startGitHub } from "../support/github.ts";
import { githubLogin } from "../support/github_login.ts";
import { CLIENT } from "../support/oidc_provider.ts";
import { CALLBACK, later, loginConfig, PUBLIC_URL, Visitor } from "../support/visitor.ts";

async function atGithub() {
  const login = githubLogin({ ...CLIENT, callback: CALLBACK });
  const github = await startGitHub({ prefix: "/api/v3", login });
  const config = loginConfig({
    LOGIN_GITHUB_ORGS: "acme-labs,acme",
    GITHUB_URL: new URL(github.address).origin,
    CODE_HOST: "github",
  });
  const test = await testApp({ config });
  return {
    ...{ login, github, test },
    async [Symbol.asyncDispose]() {
      await test[Symbol.asyncDispose]();
      await github[Symbol.asyncDispose]();
    },
  };
}

Deno.test("active members of an organisation sign in with GitHub", async () => {
  await using world = await atGithub();
  const { login, test } = world;
  login.members.acme = { ada: "active", bob: "pending" };
  const ada = new Visitor(test);
  const page = await ada.signIn("/coverages-ui?q=x");
  assert.equal(page.status, 200);
  assert.equal(ada.visited.at(-1), `${PUBLIC_URL}/coverages-ui?q=x`);
  assert.match(await page.text(), />ada</);

  for (login.login of ["bob", "mallory"]) {
    const other = new Visitor(test);
    const refused = await other.signIn();
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), new RegExp(`${login.login} may not read this server`));
    assert.equal(other.session, undefined);
  }
});

Deno.test("GitHub is asked again every hour whether somebody is a member", async () => {
  await using world = await atGithub();
  const { login, test } = world;
  login.members.acme = { ada: "active" };
  const ada = new Visitor(test);
  await ada.signIn();
  {
    using _ = later(61 * 60);
    assert.equal((await ada.open("/coverages-ui")).status, 200);
  }
  login.members.acme = {};
  using _ = later(122 * 60);
  assert.equal((await ada.open("/coverages-ui")).status, 403);
  assert.equal(ada.session, undefined);
});

Deno.test("GitHub's codes work once, for the sign-in that requested them", async () => {
  await using world = await atGithub();
  const { login, test } = world;
  login.members.acme = { ada: "active" };
  const [ada, mallory] = [new Visitor(test), new Visitor(test)];
  await ada.open("/coverages-api/login", { until: CALLBACK });
  await mallory.open("/coverages-api/login", { until: CALLBACK });
  const [callback, hers] = [mallory.visited.at(-1)!, new URL(ada.visited.at(-1)!)];
  const stolen = new URL(callback);
  stolen.searchParams.set("code", hers.searchParams.get("code")!);
  for (
    const address of [
      ...[hers.href, stolen.href, `${CALLBACK}?state=x&code=y`, CALLBACK],
      callback.replace(/code=[^&]*/, "error=access_denied"),
      callback.replace(/(state=.{8})[^&]*/, "$1x"),
    ]
  ) {
    assert.equal((await mallory.send(address)).status, 401, address);
    assert.equal(mallory.session, undefined);
  }
});

Deno.test("sign-in gets 503 while GitHub is unavailable", async () => {
  await using world = await atGithub();
  const { login, github, test } = world;
  login.members.acme = { ada: "active" };
  for (const path of ["access_token", "/user", "memberships"]) {
    github.down({ when: (request) => request.path.includes(path), times: 1 });
    const ada = new Visitor(test);
    assert.equal((await ada.signIn()).status, 503, path);
    assert.equal(ada.session, undefined);
    github.up();
    assert.equal((await ada.signIn()).status, 200);
  }
});
