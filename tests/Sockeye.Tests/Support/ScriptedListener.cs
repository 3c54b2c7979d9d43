using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Support;

/// <summary>A listener whose accept gives what the test has put in: connections, errors, or the end.</summary>
internal sealed class ScriptedListener : IConnectionListener, IAcceptQueueListener
{
    private readonly Channel<Func<ConnectionContext?>> _script = Channel.CreateUnbounded<Func<ConnectionContext?>>();

    public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 7000);

    public TcpInfo? GetTcpInfo() => null;

    /// <summary>How often accept was called, the one that waits included.</summary>
    public int AcceptCalls { get; private set; }

    /// <summary>Clients waiting in the kernel's queue, as <see cref="Shed"/> sees them.</summary>
    public int Waiting { get; set; }

    /// <summary>Thrown by every accept until it is null again, as the descriptor limit does.</summary>
    public Exception? Failing { get; set; }

    public void Accept(ConnectionContext connection) => _script.Writer.TryWrite(() => connection);

    public void Fail(Exception error, int times = 1)
    {
        for (var i = 0; i < times; i++)
            _script.Writer.TryWrite(() => throw error);
    }

    public void End() => _script.Writer.TryWrite(() => null);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        var failing = Failing; // Before the count: a call that is counted does not see what a test sets later.
        AcceptCalls++;
        if (failing is { } error)
            throw error;
        return (await _script.Reader.ReadAsync(cancellationToken))();
    }

    public int Shed(int most)
    {
        var shed = Math.Min(most, Waiting);
        Waiting -= shed;
        return shed;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        End();
        return default;
    }

    public ValueTask DisposeAsync() => default;
}
