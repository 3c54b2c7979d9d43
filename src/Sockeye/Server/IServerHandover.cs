namespace Sockeye;

/// <summary>Takes the listeners of a server from another process at its start, and gives them to a third one later.</summary>
internal interface IServerHandover
{
    /// <summary>The path at which processes meet.</summary>
    string Path { get; }

    /// <summary>Starts the server, with the listeners of another process if there is one.</summary>
    /// <param name="server">The server, which is not bound.</param>
    /// <param name="start">Binds the endpoints that are not among the given listeners, and accepts on all.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    Task StartAsync(SockeyeServer server, Func<InheritedListeners?, Task> start, CancellationToken cancellationToken);

    /// <summary>Ends a takeover in progress, because the server stops.</summary>
    void OnStopping();

    /// <summary>Called when the server that stops has unbound its listeners.</summary>
    ValueTask OnUnboundAsync();
}
