// A shared worker: all tabs of a browser share one connection, since a browser opens only six to one server, and ten tabs
// would leave none for anything else. The only relative import of the page: import maps do not reach into workers.

import { createFeed } from "./feed.js";

/** By the stream's address: who listens, and the connection. */
const feeds = new Map();

function join(port, url) {
  let feed = feeds.get(url);
  if (feed) {
    feed.ports.add(port);
    // The newcomer needs the whole; the others replace what they have by the same.
    feed.connection.reopen();
    return;
  }
  feed = { ports: new Set([port]), connection: null };
  feed.connection = createFeed(url, (message) => {
    for (const one of feed.ports) one.postMessage(message);
  });
  feeds.set(url, feed);
}

function leave(port) {
  for (const [url, feed] of feeds) {
    if (!feed.ports.delete(port) || feed.ports.size > 0) continue;
    feed.connection.close();
    feeds.delete(url);
  }
}

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.join) join(port, data.join);
    else if (data.leave) leave(port);
  };
};
