using SampleProtocol;
using Sockeye;

var readings = Enumerable.Range(1, 10)
    .Select(number => new Reading(ReadingKind.Temperature, (uint)number, (short)(200 + number), "roof"))
    .ToList();
await foreach (var reading in ReadingClient.SendAsync(new SockeyeClient(), "localhost", 7000, readings))
    Console.WriteLine($"{reading.Number} is acknowledged: {reading.Value / 10.0:F1} of {reading.Sensor}");
