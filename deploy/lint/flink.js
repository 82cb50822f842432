// Hold FlinkDeployments against the operator's own schema: JSON documents on standard input, one a line; each complaint
// is a line on standard output. The schema is in node_modules of the folder that is named as the argument.
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const schema = join(process.argv[2], "node_modules/@kubernetes-models/flink/flink.apache.org/v1beta1/FlinkDeployment.js");
const { FlinkDeployment } = await import(pathToFileURL(schema));

for await (const line of createInterface({ input: process.stdin })) {
  const document = JSON.parse(line);
  try {
    new FlinkDeployment(document).validate();
  } catch (error) {
    console.log(`${document.metadata?.name}: ${error.message}`);
  }
}
