using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The limits of a connection's two directions.</summary>
internal sealed record Bandwidth(Func<BandwidthLimit?> Receive, Func<BandwidthLimit?> Send)
{
    public static Bandwidth PerConnection(long? receive, long? send)
    {
        ThrowIfNone(receive ?? send);
        // Made once to be checked.
        _ = (New(receive), New(send));
        return new(() => New(receive), () => New(send));
    }

    public static Bandwidth Shared(BandwidthLimit? receive, BandwidthLimit? send)
    {
        ThrowIfNone(receive ?? send);
        return new(() => receive, () => send);
    }

    public string Describe() => $"{Text(Receive())} in, {Text(Send())} out";

    /// <summary>The connection to go on with: the same one, or one that gives what was written its turn before it
    /// closes.</summary>
    public ConnectionContext Attach(ConnectionContext connection, TimeProvider time)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        var limited = Send() is { } send ? new BandwidthOutput(output, send.Queue(time), send, connection, time) : null;
        if (Receive() is { } receive)
            input = new BandwidthInput(input, receive.Queue(time), connection);
        connection.Transport = new DuplexPipe(input, limited?.Writer ?? output);
        return limited is null ? connection : new BandwidthConnection(connection, limited);
    }

    private static BandwidthLimit? New(long? rate) => rate is { } bytes ? new(bytes) : null;

    private static string Text(BandwidthLimit? limit) => limit is null ? "any" : $"{limit.BytesPerSecond} B/s";

    private static void ThrowIfNone(object? limit)
    {
        if (limit is null)
            throw new ArgumentException("UseBandwidthLimit needs a limit for receive, for send, or for both.");
    }
}
