// Runs asl-validator over the definitions that are named, and says what it does not accept.
// Started in the folder into which tests/run has installed it.
const { createRequire } = require("module");
const { readFileSync } = require("fs");
const validate = createRequire(process.cwd() + "/")("asl-validator");

let faults = 0;
for (const path of process.argv.slice(2)) {
  const { isValid, errors } = validate(JSON.parse(readFileSync(path, "utf8")), { checkPaths: true, checkArn: false });
  if (!isValid) {
    faults += 1;
    console.log(path, JSON.stringify(errors, null, 2));
  }
}
process.exit(faults === 0 ? 0 : 1);
