using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>One address being connecting. Its task never fails: what came of it stands in the properties.</summary>
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

    /// <summary>Whether it is this machine that is connecting. Asked for only where an attempt is silent.</summary>
    public bool IsOnThisMachine => _isOnThisMachine ??= EndPoint is IPEndPoint { Address: var address }
        && (IPAddress.IsLoopback(address)
            || (_transport is IHostNameResolver host ? host.Owns(address) : LocalAddresses.Contains(address)));

    public ConnectionContext? Connection { get; private set; }

    /// <summary>Why there is no connection; null while the attempt is under way.</summary>
    public Exception? Error { get; private set; }

    /// <summary>How long it took, or has taken so far.</summary>
    public TimeSpan Elapsed { get => Completion.IsCompleted ? field : _time.GetElapsedTime(_started); private set; }

    /// <summary>Closes a connection that will not be used, whenever it is established.</summary>
    public async Task DiscardAsync()
    {
        await Completion;
        if (Connection is null)
            return;
        Connection.Abort(CloseCause.Abort, "not needed: another address was faster, or connecting was given up");
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
