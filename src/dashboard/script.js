// What the pages can do beyond plain HTML. All of them work without.

const form = document.querySelector("form[data-filter]");
if (form instanceof HTMLFormElement && document.getElementById("results")) {
  let timer = 0;
  let asking = new AbortController();
  form.addEventListener("input", () => {
    clearTimeout(timer);
    asking.abort();
    asking = new AbortController();
    timer = setTimeout(filterRepositories, 150, form, asking.signal);
  });
}

/** Shows the repositories that match what is typed so far. */
async function filterRepositories(form, signal) {
  const address = new URL(form.action);
  const view = new URLSearchParams(location.search);
  for (const [name, value] of new FormData(form)) view.set(name, String(value).trim());
  if (!view.get("q")) view.delete("q");
  view.delete("p");
  address.search = view.toString();
  const status = document.querySelector(".status");
  try {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new Error(`The server answered ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of ["#results", ".sorting"]) {
      const found = page.querySelector(part);
      if (found) document.querySelector(part)?.replaceChildren(...found.childNodes);
    }
    // The element stays, so that what it says is announced.
    if (status) status.textContent = page.querySelector(".status")?.textContent ?? "";
    history.replaceState(null, "", address);
    document.title = page.title;
  } catch (error) {
    if (error.name === "AbortError") return; // another letter was typed
    if (status) status.textContent = "The server does not answer; this is what was found before.";
    console.warn(error);
  }
}

// Without a clipboard, which browsers have only on https and on the machine itself, they stay hidden.
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
