// Shows the API's document by Swagger UI, in the theme that the reader's system has.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

const viewer = document.querySelector("#viewer");
globalThis.SwaggerUIBundle({
  domNode: viewer,
  url: viewer.dataset.document,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Nobody else is told of this server.
  validatorUrl: null,
});
