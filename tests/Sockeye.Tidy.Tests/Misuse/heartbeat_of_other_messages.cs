// error CS0029: The messages of a heartbeat are those of its codec.
using Sockeye;

var lines = Codec.Lines(maxLength: 80).WithHeartbeat(heartbeat => heartbeat.CreatePing = "ping");
Console.WriteLine(lines);
