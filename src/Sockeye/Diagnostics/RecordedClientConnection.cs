using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A recorded connection of a client. It reports when its user disposes it.</summary>
internal sealed class RecordedClientConnection(ConnectionContext inner, Recording recording) : WrappingConnection(inner)
{
    protected override ValueTask BeforeDisposeAsync()
    {
        recording.OnUserDone(isBroken: false);
        return default;
    }
}
