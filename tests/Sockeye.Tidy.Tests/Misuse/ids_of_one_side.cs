// error CS7036: An id that is written has to be read, or no response would find its request.
using Sockeye;

await using var connection = await new SockeyeClient().ConnectAsync("localhost", 7000, Codec.Lines(maxLength: 80));
await using var requests = connection.AsRequests(rules => rules.MatchById((request, id) => $"{id} {request}"));
