namespace Sockeye.Comparison.Load;

/// <summary>Clients of one server, which run from the opening of their connections until they are stopped.</summary>
internal interface ILoad : IAsyncDisposable
{
    /// <summary>Opens all connections and sets them going.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Brings what is counted up to date: at both ends of a window.</summary>
    void Observe();

    /// <summary>Waits for the exchanges in progress, and returns the errors since the start.</summary>
    Task StopAsync();
}
