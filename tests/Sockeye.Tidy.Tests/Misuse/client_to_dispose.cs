// error CS8410: A client holds nothing open. Its connections do, and those are disposed.
using Sockeye;

await using var client = new SockeyeClient();
