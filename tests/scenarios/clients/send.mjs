// Sends events with an unmodified JavaScript client: node send.mjs CLIENT HOST WRITE_KEY COUNT
import { createRequire } from "node:module";

const [client, host, writeKey, count] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const at = (index) => new Date(Date.now() - 60_000 + index * 10);

async function segment() {
  const { Analytics } = await import("@segment/analytics-node");
  const analytics = new Analytics({
    writeKey, host, flushAt: 10, flushInterval: 200, httpRequestTimeout: 60_000,
  });
  const failed = [];
  analytics.on("error", (error) => failed.push(error));
  analytics.identify({ userId: "segment-node", traits: { plan: "pro" } });
  for (let index = 0; index < Number(count); index += 1) {
    analytics.track({
      userId: "segment-node", event: "clicked", messageId: `segment-node-${index}`,
      timestamp: at(index), properties: { index, text: "你好 🌏" },
    });
  }
  await analytics.closeAndFlush({ timeout: 120_000 });
  return failed;
}

async function rudder() {
  const module = require("@rudderstack/rudder-sdk-node");
  const Analytics = module.default ?? module;
  const analytics = new Analytics(writeKey, {
    dataPlaneUrl: host, flushAt: 10, flushInterval: 200, logLevel: "error",
  });
  const failed = [];
  const done = (error) => error && failed.push(error);
  analytics.identify({ userId: "rudder-node", traits: { plan: "pro" } }, done);
  for (let index = 0; index < Number(count); index += 1) {
    analytics.track({
      userId: "rudder-node", event: "clicked", messageId: `rudder-node-${index}`,
      timestamp: at(index), properties: { index, text: "你好 🌏" },
    }, done);
  }
  await new Promise((resolve) => analytics.flush(resolve));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return failed;
}

const failed = await { segment, rudder }[client]();
if (failed.length > 0) {
  console.error(failed);
  process.exit(1);
}
process.exit(0);
