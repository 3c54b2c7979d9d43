using System.Buffers;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>One address of the target: whether it can be reached, how fast, and whether it speaks first.</summary>
internal sealed record AddressProbe(EndPoint EndPoint)
{
    // A lost SYN is sent again after 1 s (RFC 6298).
    private static readonly TimeSpan SynTimeout = TimeSpan.FromSeconds(0.9);
    private static readonly TimeSpan BannerTime = TimeSpan.FromSeconds(1);

    private const int MinSegment = 1220; // IPv6 everywhere: 1280 without its headers.
    private const int MaxBanner = 60;

    public string Address => (EndPoint as IPEndPoint)?.Address.ToString() ?? $"{EndPoint}";

    public TimeSpan Elapsed { get; init; }

    public TimeSpan? RoundTrip { get; init; }

    public int? MaxSegment { get; init; }

    /// <summary>Gets the first bytes that the server sent without being asked, as text.</summary>
    public string? Banner { get; init; }

    /// <summary>Gets the reason why it cannot be reached; null if it can.</summary>
    public string? Failure { get; init; }

    public static async Task<AddressProbe> RunAsync(EndPoint endpoint, TargetClient client, TimeProvider time)
    {
        var start = time.GetTimestamp();
        try
        {
            await using var connection = await client.ConnectAsync(endpoint);
            var elapsed = time.GetElapsedTime(start);
            var info = connection.GetTcpInfo();
            return new(endpoint)
            {
                Elapsed = elapsed,
                RoundTrip = info?.RoundTripTime,
                MaxSegment = info?.MaxSegmentSize,
                Banner = await ReadBannerAsync(connection, time),
            };
        }
        catch (ConnectException e)
        {
            return new(endpoint) { Elapsed = time.GetElapsedTime(start), Failure = OptionNames.Describe(e) };
        }
    }

    /// <summary>Judges the address. One that fails matters less if another one works.</summary>
    public Finding ToFinding(bool isAnyReached)
    {
        var name = $"address {Address}";
        if (Failure is not null)
        {
            return new(
                name, $"not reached in {QuantityText.FormatTime(Elapsed)}",
                isAnyReached ? FindingSeverity.Note : FindingSeverity.Problem,
                isAnyReached
                    ? $"{Failure}. Clients that try it first lose time: listen on it, or remove it from the name."
                    : $"{Failure}.");
        }

        var value = $"connected in {QuantityText.FormatTime(Elapsed)}"
            + (RoundTrip is { } roundTrip ? $", round trip {StepText.Milliseconds(roundTrip)}" : "");
        return Elapsed > SynTimeout && Elapsed > RoundTrip * 3
            ? new(name, value, FindingSeverity.Note,
                "The connect took much longer than a round trip: a SYN was lost, or dropped as the accept queue was full "
                    + "('sockeye doctor --pid' there shows the queue).")
            : new(name, value, FindingSeverity.Ok);
    }

    public Finding? ToSegmentFinding() => MaxSegment is not { } size ? null
        : new(
            "MSS", QuantityText.FormatCount(size, "byte"), size < MinSegment ? FindingSeverity.Note : FindingSeverity.Ok,
            size < MinSegment
                ? "Segments are small: a tunnel or a link on the way has a small MTU, or clamps the MSS. If large answers hang "
                    + "and small ones arrive, ICMP is filtered: set net.ipv4.tcp_mtu_probing=1."
                : null);

    private static async Task<string?> ReadBannerAsync(ConnectionContext connection, TimeProvider time)
    {
        using var timeout = new CancellationTokenSource(BannerTime, time);
        try
        {
            var read = await connection.Transport.Input.ReadAsync(timeout.Token);
            var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, MaxBanner));
            var text = PrintableText.Escape(Encoding.Latin1.GetString(bytes.ToArray()).TrimEnd());
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            return text.Length > 0 ? text : null;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return null; // It waits for the client, or closes: later checks show which.
        }
    }
}
