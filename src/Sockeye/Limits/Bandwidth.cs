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

    /// <summary>Puts the limits before the connection's pipes. What it gives back, has to be finished, where there is
    /// one.</summary>
    public BandwidthOutput? Attach(ConnectionContext connection, TimeProvider time)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        var limited = Send() is { } send ? new BandwidthOutput(output, send.Queue(time), send, connection, time) : null;
        if (Receive() is { } receive)
            input = new BandwidthInput(input, receive.Queue(time), connection);
        connection.Transport = new DuplexPipe(input, limited?.Writer ?? output);
        return limited;
    }

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, TimeProvider time)
    {
        var below = connection.Transport;
        var output = Attach(connection, time);
        try
        {
            await next(connection);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            output?.Abandon(); // It will be reset, and then nothing is sent any more.
            output = null;
            throw;
        }
        finally
        {
            if (output is not null)
                await output.FinishAsync();
            connection.Transport = below;
        }
    }

    private static BandwidthLimit? New(long? rate) => rate is { } bytes ? new(bytes) : null;

    private static string Text(BandwidthLimit? limit) => limit is null ? "any" : $"{limit.BytesPerSecond} B/s";

    private static void ThrowIfNone(object? limit)
    {
        if (limit is null)
            throw new ArgumentException("UseBandwidthLimit needs a limit for receive, for send, or for both.");
    }
}
