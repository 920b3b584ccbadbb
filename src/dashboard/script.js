// What pages do beyond plain HTML. All of them work without it.

// Results as you type: the form names, in data-replaces, what to copy from the page it leads to.
for (const form of document.querySelectorAll("form[data-replaces]")) {
  const parts = form.dataset.replaces.split(" ");
  if (!document.querySelector(parts[0])) continue;
  let timer = 0;
  let request = new AbortController();
  form.addEventListener("input", () => {
    clearTimeout(timer);
    request.abort();
    request = new AbortController();
    timer = setTimeout(search, 150, form, parts, request.signal);
  });
}

async function search(form, parts, signal) {
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) {
    if (String(value).trim()) address.searchParams.append(name, String(value).trim());
  }
  const section = form.closest("section")?.id;
  const statusOf = (page) => page.querySelector(`${section ? `#${section} ` : ""}[role=status]`);
  // The element stays, so that screen readers announce its text.
  const status = statusOf(document);
  try {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new Error(`The server answered ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of parts) {
      const found = page.querySelector(part);
      if (found) document.querySelector(part)?.replaceChildren(...found.childNodes);
    }
    if (status) status.textContent = statusOf(page)?.textContent ?? "";
    history.replaceState(null, "", address);
    document.title = page.title;
  } catch (error) {
    if (error.name === "AbortError") return;
    if (status) status.textContent = "The server did not answer. These results are from before.";
    console.warn(error);
  }
}

// Browsers have a clipboard only on https and localhost.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!navigator.clipboard || !source) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = "Copied";
    setTimeout(() => button.textContent = "Copy", 2000);
  });
}

// The address of a page that frames a report is that of the report's page, which says where it is.
const frame = document.querySelector("iframe[data-root]");
if (frame) {
  const bare = document.getElementById("bare");
  const { hash } = location; // the server cannot know it
  addEventListener("load", () => {
    if (hash) frame.contentWindow.location.replace(bare.href = new URL(hash, bare.href));
  });
  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow || typeof data?.path !== "string") return;
    const root = new URL(frame.dataset.page, location);
    const page = new URL(root + data.path);
    if (!page.href.startsWith(root.href)) return; // it says what it likes
    history.replaceState(null, "", page);
    bare.href = frame.dataset.root + data.path;
  });
}
