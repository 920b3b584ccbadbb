// Shows openapi.json with Swagger UI, in the color scheme of the reader's system.
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
  // Swagger UI would send the document to validator.swagger.io.
  validatorUrl: null,
});
