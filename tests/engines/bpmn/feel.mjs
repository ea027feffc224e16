// Evaluates FEEL for programs that have none: each line in is {"expression", "context"}, each line out {"value"} or {"error"}.
// Started in the folder into which tests/run has installed feelin.
import { createInterface } from "node:readline";
import { installed } from "./installed.mjs";

const { evaluate } = await installed("feelin");

for await (const line of createInterface({ input: process.stdin })) {
  const { expression, context } = JSON.parse(line);
  let answer;
  try {
    answer = { value: evaluate(expression, context).value ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
