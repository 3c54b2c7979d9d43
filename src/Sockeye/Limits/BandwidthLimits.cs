using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The limits of a connection's two directions.</summary>
internal sealed record BandwidthLimits(Func<BandwidthLimit?> Receive, Func<BandwidthLimit?> Send)
{
    public static BandwidthLimits CreatePerConnection(long? receive, long? send)
    {
        ThrowIfUnlimited(receive ?? send);
        // Created once for validation.
        _ = (CreateLimit(receive), CreateLimit(send));
        return new(() => CreateLimit(receive), () => CreateLimit(send));
    }

    public static BandwidthLimits CreateShared(BandwidthLimit? receive, BandwidthLimit? send)
    {
        ThrowIfUnlimited(receive ?? send);
        return new(() => receive, () => send);
    }

    public string Describe() => $"{Describe(Receive())} in, {Describe(Send())} out";

    /// <summary>Returns the same connection, or one that sends the written bytes at the limited rate before it
    /// closes.</summary>
    public ConnectionContext Attach(ConnectionContext connection, TimeProvider time)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        var limited = Send() is { } send ? new BandwidthOutput(output, send.GetQueue(time), send, connection, time) : null;
        if (Receive() is { } receive)
            input = new BandwidthInput(input, receive.GetQueue(time), connection);
        connection.Transport = new DuplexPipe(input, limited?.Writer ?? output);
        return limited is null ? connection : new BandwidthConnection(connection, limited);
    }

    private static BandwidthLimit? CreateLimit(long? rate) => rate is { } bytes ? new(bytes) : null;

    private static string Describe(BandwidthLimit? limit) => limit is null ? "any" : $"{limit.BytesPerSecond} B/s";

    private static void ThrowIfUnlimited(object? limit)
    {
        if (limit is null)
            throw new ArgumentException("UseBandwidthLimit needs a limit for receive, for send, or for both.");
    }
}
