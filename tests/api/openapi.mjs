// SPDX-License-Identifier: Apache-2.0
// openapi.mjs - judges an OpenAPI document and replies by it, for openapi_test.py.
//
// stdin:  {"document": {...}, "replies": [{"name", "method", "path", "status", "type", "body"}]}
// stdout: a line "TAG<TAB>fault" for each fault; TAG is "lint" or the reply's name.
import { createConfig, lintFromString } from "@redocly/openapi-core";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { readFileSync } from "node:fs";

const input = JSON.parse(readFileSync(0, "utf8"));
const report = (tag, fault) => console.log(`${tag}\t${fault.replaceAll(/\s+/g, " ")}`);

// One server that is wherever the document came from, and summaries instead of descriptions of
// every response: the only rules that say nothing about us.
const config = await createConfig({
  extends: ["recommended-strict"],
  rules: { "no-server-example.com": "off", "operation-4xx-response": "error", "security-defined": "error",
           "no-ambiguous-paths": "error", "operation-operationId-unique": "error" },
});
for (const problem of await lintFromString({ source: JSON.stringify(input.document), config }))
  report("lint", `${problem.ruleId}: ${problem.message} ${problem.location[0]?.pointer ?? ""}`);

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(input.document, "api");

function escape(step) {
  return encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"));
}

// The template of the document that a path belongs to: the one with the fewest variables.
function templateOf(path) {
  const parts = path.split("?")[0].split("/");
  const fits = Object.keys(input.document.paths).filter((t) => {
    const steps = t.split("/");
    return steps.length === parts.length &&
      steps.every((s, i) => s === parts[i] || (s.startsWith("{") && parts[i]));
  });
  return fits.sort((a, b) => a.split("{").length - b.split("{").length)[0];
}

function schemaOf(reply) {
  const problem = "#/components/schemas/problem";
  if (reply.type.startsWith("application/problem+json")) return problem;
  const template = templateOf(reply.path);
  const method = reply.method === "HEAD" ? "get" : reply.method.toLowerCase();
  const response = input.document.paths[template]?.[method]?.responses[String(reply.status)];
  if (!response) return null;
  if (!response.content?.["application/json"]) return reply.body === null ? "" : null;
  return `#/paths/${escape(template)}/${method}/responses/${reply.status}/content/application~1json/schema`;
}

for (const [name, schema] of Object.entries(input.document.components.schemas))
  for (const example of schema.examples ?? []) {
    const validate = ajv.getSchema(`api#/components/schemas/${escape(name)}`);
    if (!validate(example)) report("lint", `${name}: ${ajv.errorsText(validate.errors, { dataVar: "example" })}`);
  }

for (const reply of input.replies) {
  const pointer = schemaOf(reply);
  if (pointer === null) {
    report(reply.name, `${reply.method} ${reply.path} answered ${reply.status}, which the document does not know`);
    continue;
  }
  if (!pointer) continue;
  const validate = ajv.getSchema(`api${pointer}`);
  if (!validate(reply.body))
    report(reply.name, ajv.errorsText(validate.errors, { dataVar: "reply" }));
}
