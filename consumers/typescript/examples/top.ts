/**
 * Prints the top of a live book: node build/examples/top.js BTC/USD [redis://127.0.0.1:6379]
 */
import { Client } from "../src/index.js"; // in your program: "pykraken-consumer"

const [symbol = "BTC/USD", url = Client.DEFAULT_URL] = process.argv.slice(2);
const client = new Client(url, { log: console.error });
process.once("SIGINT", () => client.close());

let shown = "";
for await (const event of client.follow(symbol)) {
  const { book } = event;
  if (event.type !== "update" && event.type !== "heartbeat") console.error(event.type);
  if (!book.isValid || book.isStale) continue;
  const [bid, offer] = [book.bestBid, book.bestOffer];
  const line = [
    `${bid?.price ?? "-"} (${bid?.qty ?? "-"})`,
    `${offer?.price ?? "-"} (${offer?.qty ?? "-"})`,
  ].join(" | ");
  if (line !== shown) console.log(book.symbol, (shown = line));
}
