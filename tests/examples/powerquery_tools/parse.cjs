// Parses the Power Query document on standard input; ends with 1 and the error where it is none.
const { DefaultSettings, TaskUtils } = require("@microsoft/powerquery-parser");

async function main() {
  const text = require("node:fs").readFileSync(0, "utf8");
  const task = await TaskUtils.tryLexParse(DefaultSettings, text);
  if (!TaskUtils.isParseStageOk(task)) throw task.error;
}

main().catch((error) => {
  process.stderr.write(error.message);
  process.exit(1);
});
