using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>
/// The connections that a client opens one after another, for <c>await foreach</c>, and the state of its loop.
/// <c>client.ReconnectAsync(…)</c> creates one.
/// </summary>
/// <remarks>
/// Each enumeration is an independent loop, for one caller. The state is that of the loop that changed last; any thread may read
/// it. A connection that breaks counts as connected until its loop asks for the next one.
/// </remarks>
/// <typeparam name="TConnection">The connection.</typeparam>
public sealed class ReconnectSequence<TConnection> : IAsyncEnumerable<TConnection>
{
    private readonly ILogger _logger;
    private readonly Func<Action<ReconnectState>, IAsyncEnumerable<TConnection>> _open;
    private volatile ReconnectState _state = ReconnectState.Initial;

    /// <param name="logger">Logs exceptions of handlers.</param>
    /// <param name="open">Creates the connections of one loop, which reports its changes.</param>
    internal ReconnectSequence(ILogger logger, Func<Action<ReconnectState>, IAsyncEnumerable<TConnection>> open) =>
        (_logger, _open) = (logger, open);

    /// <summary>Gets the state: connected, or waiting with the number of failed attempts, the delay and the last error.</summary>
    public ReconnectState State => _state;

    /// <summary>
    /// Gets or sets the handler of changes of the state. Default: null. The loop waits for it, so it must be fast. An exception
    /// of it is logged, and has no other effect.
    /// </summary>
    public Action<ReconnectState>? OnStateChanged { get; set; }

    /// <summary>Starts a loop.</summary>
    /// <param name="cancellationToken">Ends the loop at its next step. A connection that is in use stays open.</param>
    public IAsyncEnumerator<TConnection> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        _open(OnChanged).GetAsyncEnumerator(cancellationToken);

    /// <summary>Creates a sequence with another view of each connection, whose state is that of the loops over it.</summary>
    internal ReconnectSequence<TOther> Select<TOther>(
        Func<IAsyncEnumerable<TConnection>, IAsyncEnumerable<TOther>> convert) =>
        new(_logger, report => convert(_open(report)));

    private void OnChanged(ReconnectState state)
    {
        _state = state;
        if (OnStateChanged is { } handler)
            _logger.Guard("reporting a change of the state of", "a client that reconnects", () => handler(state));
    }
}
