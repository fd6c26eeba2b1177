import { transfer } from "./transfer.ts";

process.stdout.write(`\n${await transfer(process.argv.slice(2))}\n`);
