// error CS1061: A read returns a message or the end, and a program says which one it expects.
using Sockeye;

await using var connection = await new SockeyeClient().ConnectAsync("localhost", 7000, Codec.Lines(maxLength: 80));
Console.WriteLine((await connection.ReadAsync()).Length);
