// Reads the files that are named with bpmn-moddle and lints them: Camunda's with its own descriptors and rules. Says what
// is not accepted. Started in the folder into which tests/run has installed all that.
import { readFileSync } from "node:fs";
import { installed, require } from "./installed.mjs";

const { BpmnModdle } = await installed("bpmn-moddle");
const { Linter } = require("bpmnlint");
const NodeResolver = require("bpmnlint/lib/resolver/node-resolver");
const zeebe = require("zeebe-bpmn-moddle/resources/zeebe.json");

const text = (name) => ({ name, isAttr: true, type: "String" });
const modeler = {
  name: "Modeler",
  uri: "http://camunda.org/schema/modeler/1.0",
  prefix: "modeler",
  types: [
    {
      name: "Definitions",
      isAbstract: true,
      extends: ["bpmn:Definitions"],
      properties: [text("executionPlatform"), text("executionPlatformVersion")],
    },
  ],
};

let faults = 0;
for (const path of process.argv.slice(2)) {
  const camunda = path.includes("/camunda8/");
  const moddle = new BpmnModdle(camunda ? { zeebe, modeler } : {});
  const { rootElement, warnings } = await moddle.fromXML(readFileSync(path, "utf8"));
  const rules = ["bpmnlint:recommended", ...(camunda ? ["plugin:camunda-compat/camunda-cloud-8-8"] : [])];
  const linter = new Linter({ config: { extends: rules }, resolver: new NodeResolver() });
  const reports = Object.entries(await linter.lint(rootElement)).flatMap(([rule, found]) =>
    found.map(({ id, message }) => `${rule} ${id}: ${message}`),
  );
  for (const fault of [...warnings.map(({ message }) => message), ...reports]) {
    faults += 1;
    console.log(path, fault);
  }
}
process.exit(faults === 0 ? 0 : 1);
