// error CS8410: Requests over a pool hold nothing open. The pool does, and that is disposed.
using Sockeye;

await using var pool = new ConnectionPool(new SockeyeClient(), "localhost", 7000);
await using var requests = pool.AsRequests(Codec.Lines(maxLength: 80));
