using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using HdrHistogram;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>N clients exchange M messages each with an echo server; every echo is compared byte for byte.</summary>
internal sealed class DemoLoad(int clients, int messages, TimeProvider time)
{
    private const int MaxMessageSize = 1024;

    // Ticks of 100 ns, as TimeSpan has them.
    private const long MaxRoundTrip = 60 * TimeSpan.TicksPerSecond;
    private const int HistogramDigits = 2;

    private readonly ConcurrentDictionary<EndPoint, EndPoint> _seenByServer = [];
    private readonly LongHistogram _all = CreateHistogram();
    private readonly Lock _lock = new();
    private long _completed;

    /// <summary>The number of echoes that all clients have received.</summary>
    public long CompletedMessages => Interlocked.Read(ref _completed);

    public long Total => (long)clients * messages;

    public async Task<(IReadOnlyList<DemoClientResult> Clients, DemoTotals Totals)> RunAsync()
    {
        await using var server = await SockeyeServer.StartAsync(
            options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(EchoAsync));
        var connections = await new SockeyeClient().ConnectManyAsync(server.EndPoints[0], clients);
        var start = time.GetTimestamp();
        var results = await Task.WhenAll(connections.Select((c, i) => Task.Run(() => ExchangeAsync(c, seed: i))));
        var seconds = time.GetElapsedTime(start).TotalSeconds;
        return (results, new(
            clients, results.Sum(r => r.Messages), results.Sum(r => r.WrongEchoes), results.Sum(r => r.Bytes),
            Math.Round(seconds, 3), Percentile(_all, 50), Percentile(_all, 99)));
    }

    private static LongHistogram CreateHistogram() => new(1, MaxRoundTrip, HistogramDigits);

    private static double Percentile(LongHistogram histogram, double percentile) =>
        histogram.TotalCount == 0 ? 0 : TimeSpan.FromTicks(histogram.GetValueAtPercentile(percentile)).TotalMilliseconds;

    private async Task EchoAsync(ConnectionContext connection)
    {
        _seenByServer[connection.RemoteEndPoint!] = connection.LocalEndPoint!;
        await connection.Transport.Input.CopyToAsync(connection.Transport.Output);
    }

    private async Task<DemoClientResult> ExchangeAsync(ConnectionContext connection, int seed)
    {
        var random = new Random(seed);
        var message = new byte[MaxMessageSize];
        var roundTrips = CreateHistogram();
        var (exchanged, wrong, bytes) = (0, 0, 0L);
        while (exchanged < messages && wrong == 0)
        {
            var size = random.Next(1, MaxMessageSize + 1);
            random.NextBytes(message.AsSpan(0, size));
            var sent = time.GetTimestamp();
            await connection.Transport.Output.WriteAsync(message.AsMemory(0, size));
            // After a wrong echo, the boundaries of later echoes are unknown.
            if (!await CheckEchoAsync(connection.Transport.Input, message.AsMemory(0, size)))
                wrong++;
            roundTrips.RecordValue(Math.Clamp(time.GetElapsedTime(sent).Ticks, 1, MaxRoundTrip));
            exchanged++;
            bytes += size;
            Interlocked.Increment(ref _completed);
        }

        var seen = _seenByServer.ContainsKey(connection.LocalEndPoint!)
            ? EndPointName.Format(connection.LocalEndPoint)
            : "not seen";
        await connection.DisposeAsync();
        lock (_lock)
            _all.Add(roundTrips);
        return new(
            EndPointName.Format(connection.LocalEndPoint), seen, exchanged, wrong, bytes,
            Percentile(roundTrips, 50), Percentile(roundTrips, 99));
    }

    private static async Task<bool> CheckEchoAsync(PipeReader input, ReadOnlyMemory<byte> message)
    {
        var read = await input.ReadAtLeastAsync(message.Length);
        var isCorrect = read.Buffer.Length == message.Length && IsSame(read.Buffer, message.Span);
        input.AdvanceTo(read.Buffer.End);
        return isCorrect;
    }

    private static bool IsSame(ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> expected)
    {
        foreach (var block in bytes)
        {
            if (!expected[..block.Length].SequenceEqual(block.Span))
                return false;
            expected = expected[block.Length..];
        }

        return true;
    }
}
