// Shows state machines to asl-validator: one JSON document a line comes in, and for each of them a
// line with the list of what is wrong goes out. One process for all, and its schemas compiled once
// (asl-validator compiles them for each machine, which takes 90 ms).
const ajv = require("ajv");
const Ajv = ajv.default;
let kept;
ajv.default = function (options) {
  if (kept) kept.addKeyword = () => kept; // as it has them already
  return (kept ??= new Ajv(options));
};
const validate = require("asl-validator");

const lines = require("node:readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { errors } = validate(JSON.parse(line), { checkPaths: true, checkArn: true });
  process.stdout.write(JSON.stringify(errors.map((error) => error.Message)) + "\n");
});
