using Sockeye;

namespace SampleProtocol;

/// <summary>The server's side of the protocol: acknowledges each reading.</summary>
public static class ReadingServer
{
    public static async Task ServeAsync(MessageConnection<Reading> sensor)
    {
        await foreach (var reading in sensor.ReadAllAsync())
            await sensor.WriteAsync(reading with { Kind = ReadingKind.Acknowledged });
    }
}
