using System.Text.Json;

namespace Sockeye.Fleet.Processes;

/// <summary>What a nats-server has received and sent since its start: its /varz.</summary>
/// <param name="InMessages">Messages from nodes.</param>
/// <param name="OutMessages">Messages to nodes.</param>
/// <param name="InBytes">Their payload in bytes.</param>
/// <param name="OutBytes">Their payload in bytes.</param>
internal readonly record struct NatsTraffic(long InMessages, long OutMessages, long InBytes, long OutBytes)
{
    public static async Task<NatsTraffic> ReadAsync(HttpClient client, int port, CancellationToken cancellationToken)
    {
        var text = await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/varz"), cancellationToken);
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        return new(
            root.GetProperty("in_msgs").GetInt64(), root.GetProperty("out_msgs").GetInt64(),
            root.GetProperty("in_bytes").GetInt64(), root.GetProperty("out_bytes").GetInt64());
    }

    public static NatsTraffic operator -(NatsTraffic left, NatsTraffic right) => new(
        left.InMessages - right.InMessages, left.OutMessages - right.OutMessages, left.InBytes - right.InBytes,
        left.OutBytes - right.OutBytes);
}
