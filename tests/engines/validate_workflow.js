// Runs the official SDK over the documents that are named, and says what it does not accept.
// Started in the folder into which tests/run has installed it.
const { createRequire } = require("module");
const { readFileSync } = require("fs");
const { Classes } = createRequire(process.cwd() + "/")("@serverlessworkflow/sdk");

let faults = 0;
for (const path of process.argv.slice(2)) {
  try {
    Classes.Workflow.deserialize(readFileSync(path, "utf8")).validate();
  } catch (error) {
    faults += 1;
    console.log(path, error.message);
  }
}
process.exit(faults === 0 ? 0 : 1);
