namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>Something that an engine thread waits for: an epoll instance, or an io_uring.</summary>
internal interface IWaitable
{
    /// <summary>Calls back once, now or later, when a wait would return.</summary>
    void WhenReady(Action action);

    void StopWaiting();
}
