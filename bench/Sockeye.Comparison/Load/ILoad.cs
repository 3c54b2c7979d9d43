namespace Sockeye.Comparison.Load;

/// <summary>Clients of one server, which run from the opening of their connections until they are stopped.</summary>
internal interface ILoad : IAsyncDisposable
{
    /// <summary>Opens all connections and sets them going.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Brings what is counted up to date: at both ends of a window.</summary>
    void Observe();

    /// <summary>Lets what is under way come to its end, and tells what went wrong since the start.</summary>
    Task StopAsync();
}
