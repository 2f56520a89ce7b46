// Runs one state machine many times in aws-local-stepfunctions. On standard input come `machine`,
// `input`, `answers` (what each Task gets, by the name of its state) and `runs`; standard output
// tells the states that one run entered, and the seconds: of processor time, and by the clock.
import { readFileSync } from "node:fs";
import { StateMachine } from "aws-local-stepfunctions";

const { machine, input, answers, runs } = JSON.parse(readFileSync(0, "utf8"));
const states = Object.entries(machine.States);
const waits = states.filter(([, state]) => state.Type === "Wait");
const overrides = {
  taskResourceLocalHandlers: Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [name, () => ({ Payload: answer })]),
  ),
  waitTimeOverrides: Object.fromEntries(waits.map(([name]) => [name, 0])),
};
const ours = new StateMachine(machine);

async function entered() {
  const { eventLogs, result } = ours.run(input, { overrides });
  const names = [];
  for await (const event of eventLogs) {
    if (event.type.endsWith("StateEntered")) names.push(event.stateName);
  }
  await result;
  return names;
}

const way = await entered();
const [start, before] = [process.hrtime.bigint(), process.cpuUsage()];
for (let run = 0; run < runs; run++) await ours.run(input, { overrides }).result;
const { user, system } = process.cpuUsage(before);
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
console.log(JSON.stringify({ entered: way, cpu_seconds: (user + system) / 1e6, seconds }));
