// In a file of its own, so that the page's Content-Security-Policy can forbid inline scripts.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  // Null: no badge of an outside validator.
  validatorUrl: null,
});
