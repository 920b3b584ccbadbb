/** The invented history of the demo: who uploaded what, when. The same on each run. */

export interface DemoUpload {
  readonly org_name: string;
  readonly repo_name: string;
  readonly branch_name: string;
  readonly commit_hash: string;
  readonly commit_author: string;
  readonly language: string;
  readonly at: Date;
  /** Lines of an invented report, or a sample of `test_data/` with the name of its coverage file. */
  readonly report:
    | { readonly covered: number; readonly valid: number }
    | { readonly archive: string; readonly coverageFile: string };
}

/** Branches that a repository still has at the end. */
interface DemoSync {
  readonly org_name: string;
  readonly repo_name: string;
  readonly active_branches: readonly string[];
}

interface Project {
  readonly name: readonly [org: string, repo: string];
  readonly main: string;
  readonly authors: readonly string[];
  /** The last report of the main branch, a real one, and how the invented ones before it begin. */
  readonly languages: readonly {
    readonly language: string;
    readonly archive: string;
    readonly coverageFile: string;
    /** Of the real report. */
    readonly covered: number;
    readonly valid: number;
    /** Percentage months ago. */
    readonly from: number;
  }[];
  readonly uploads: number;
  readonly branches: readonly string[];
  /** Branches that were merged, and deleted by a sync. */
  readonly merged: readonly string[];
}

const PROJECTS: readonly Project[] = [
  {
    name: ["rakuten", "laravel-request-docs"],
    main: "develop",
    authors: ["pulkit.kathuria", "mika", "dependabot[bot]"],
    languages: [{
      language: "php",
      archive: "php-pcov-gnu.tar.gz",
      coverageFile: "clover.xml",
      covered: 14,
      valid: 28,
      from: 31,
    }],
    uploads: 60,
    branches: ["feature/openapi-export", "fix/route-cache", "chore/php-8.4"],
    merged: ["feature/dark-mode", "fix/typo"],
  },
  {
    name: ["acme", "shop"],
    main: "main",
    authors: ["ada", "grace", "linus"],
    languages: [
      {
        language: "typescript",
        archive: "js-nyc-gnu.tar.gz",
        coverageFile: "cobertura-coverage.xml",
        covered: 21,
        valid: 36,
        from: 66,
      },
      {
        language: "python",
        archive: "python-gnu.tar.gz",
        coverageFile: "coverage.xml",
        covered: 26,
        valid: 45,
        from: 44,
      },
    ],
    uploads: 45,
    branches: ["feature/checkout", "feature/gift-cards", "release/2.4"],
    merged: ["feature/wishlist"],
  },
  {
    name: ["acme", "billing"],
    main: "main",
    authors: ["grace", "barbara"],
    languages: [{
      language: "java",
      archive: "java-jacoco-gnu.tar.gz",
      coverageFile: "jacoco.xml",
      covered: 21,
      valid: 37,
      from: 52,
    }],
    uploads: 40,
    branches: ["feature/invoices"],
    merged: [],
  },
  {
    name: ["acme", "engine"],
    main: "trunk",
    authors: ["linus"],
    languages: [{
      language: "c",
      archive: "c-gcovr-gnu.tar.gz",
      coverageFile: "cobertura.xml",
      covered: 28,
      valid: 42,
      from: 58,
    }],
    uploads: 30,
    branches: [],
    merged: [],
  },
  {
    name: ["acme", "design-tokens"],
    main: "main",
    authors: ["ada"],
    languages: [{
      language: "javascript",
      archive: "js-full-gnu.tar.gz",
      coverageFile: "clover.xml",
      covered: 2,
      valid: 2,
      from: 84,
    }],
    uploads: 18,
    branches: ["next"],
    merged: [],
  },
  {
    name: ["octo", "numerals"],
    main: "main",
    authors: ["mona"],
    languages: [{
      language: "go",
      archive: "go_coverage.tar.gz",
      coverageFile: "coverage.xml",
      covered: 36,
      valid: 109,
      from: 33,
    }],
    uploads: 1,
    branches: [],
    merged: [],
  },
];

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS = 120;
/** Lines of the invented reports. */
const LINES = 4000;

/** Uploads in their order, the last one at `end`, then the syncs. */
export function demoHistory(end: Date): { uploads: DemoUpload[]; syncs: DemoSync[] } {
  const random = randomNumbers(20);
  const uploads = PROJECTS.flatMap((project) => uploadsOf(project, end, random))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  const syncs = PROJECTS.filter(({ merged }) => merged.length > 0).map((
    { name, main, branches },
  ) => ({
    org_name: name[0],
    repo_name: name[1],
    active_branches: [main, ...branches],
  }));
  return { uploads, syncs };
}

function uploadsOf(project: Project, end: Date, random: () => number): DemoUpload[] {
  const { name: [org_name, repo_name], main, authors, uploads: count } = project;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const commit = () => Array.from({ length: 40 }, () => pick([..."0123456789abcdef"])).join("");
  const uploads: DemoUpload[] = [];
  const add = (branch_name: string, language: string, at: number, report: DemoUpload["report"]) =>
    uploads.push({
      org_name,
      repo_name,
      branch_name,
      commit_hash: commit(),
      commit_author: pick(authors),
      language,
      at: new Date(at),
      report,
    });
  const lines = (percentage: number) => ({
    covered: Math.round(Math.min(100, Math.max(0, percentage)) / 100 * LINES),
    valid: LINES,
  });
  const lastAt = end.getTime() - random() * 3 * DAY_MS / 24;
  for (const { language, archive, coverageFile, covered, valid, from } of project.languages) {
    const goal = covered / valid * 100;
    let wander = 0;
    for (let index = 1; index < count; index++) {
      const done = index / count;
      wander = wander * 0.85 + (random() - 0.5) * 3;
      const at = lastAt - DAYS * DAY_MS * (1 - done) + random() * DAY_MS / 3;
      add(main, language, at, lines(from + (goal - from) * done ** 1.5 + wander * (1 - done)));
    }
    add(main, language, lastAt, { archive, coverageFile });
  }
  const { language, archive, coverageFile, covered, valid } = project.languages[0]!;
  const goal = covered / valid * 100;
  for (const [place, branch] of project.branches.entries()) {
    const away = random() * 6 - 3;
    for (let index = 8; index > 0; index--) {
      const at = lastAt - (index * (place + 1) + random()) * DAY_MS;
      add(branch, language, at, lines(goal + away + random() * 2));
    }
    const last = place === 0 ? { archive, coverageFile } : lines(goal + away + random() * 2);
    add(branch, language, lastAt - random() * DAY_MS / 2, last);
  }
  for (const branch of project.merged) {
    const merged = lastAt - (10 + random() * 60) * DAY_MS;
    for (let index = 5; index > 0; index--) {
      add(branch, language, merged - index * DAY_MS / 2, lines(goal - 8 + random() * 10));
    }
  }
  return uploads;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}
