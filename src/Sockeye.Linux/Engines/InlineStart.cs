using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>The start of an inline handler, posted to its engine thread, on which it holds a reservation.</summary>
internal sealed class InlineStart(EngineThread thread, ConnectionContext? connection, IThreadPoolWorkItem handler)
    : IEngineWorkItem
{
    public IEngineWorkItem? NextWork { get; set; }

    public void Run()
    {
        thread.OnConnectionClosed(); // Ends the reservation: the thread does not end before this work returns.
        thread.Resume(connection, handler);
    }
}
