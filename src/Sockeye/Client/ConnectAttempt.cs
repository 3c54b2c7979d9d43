using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>An attempt to connect to one address. Its task never fails; its properties have the result.</summary>
internal sealed class ConnectAttempt
{
    private readonly TimeProvider _time;
    private readonly IConnectionFactory _transport;
    private readonly long _started;
    private bool? _isOnThisMachine;

    public ConnectAttempt(SockeyeClientOptions options, EndPoint endpoint, CancellationToken cancellationToken)
    {
        (_time, _transport) = (options.TimeProvider, options.Transport);
        _started = _time.GetTimestamp();
        EndPoint = endpoint;
        Completion = RunAsync(options, cancellationToken);
    }

    public EndPoint EndPoint { get; }

    public Task Completion { get; }

    /// <summary>Whether the address is one of this machine. Determined only if the attempt is silent.</summary>
    public bool IsOnThisMachine => _isOnThisMachine ??= EndPoint is IPEndPoint { Address: var address }
        && (IPAddress.IsLoopback(address)
            || (_transport is IHostNameResolver host ? host.Owns(address) : LocalAddresses.Contains(address)));

    public ConnectionContext? Connection { get; private set; }

    /// <summary>The error of a failed attempt; otherwise null.</summary>
    public Exception? Error { get; private set; }

    /// <summary>The duration of the attempt, up to now if it is not complete.</summary>
    public TimeSpan Elapsed { get => Completion.IsCompleted ? field : _time.GetElapsedTime(_started); private set; }

    /// <summary>Waits for the attempt to complete, and aborts a connection that it established.</summary>
    public async Task DiscardAsync()
    {
        await Completion;
        if (Connection is null)
            return;
        Connection.Abort(CloseCause.Abort, "not needed: another address was faster, or the connect was abandoned");
        await Connection.DisposeAsync();
    }

    private async Task RunAsync(SockeyeClientOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var connecting = options.LocalEndPoint is { } local
                ? ((ILocalEndPointConnectionFactory)options.Transport).ConnectAsync(EndPoint, local, cancellationToken)
                : options.Transport.ConnectAsync(EndPoint, cancellationToken);
            Connection = await connecting;
        }
        catch (Exception error)
        {
            Error = error;
        }

        Elapsed = _time.GetElapsedTime(_started);
    }
}
